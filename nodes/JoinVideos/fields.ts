/** The editor's fields of Join Videos. */
import type { INodeProperties } from 'n8n-workflow';

export const fields: INodeProperties[] = [
	{
		displayName: 'Input Binary Field',
		name: 'inputBinaryField',
		type: 'string',
		default: 'data',
		required: true,
		placeholder: 'e.g. data',
		hint: 'The name of the input field containing the video, or several names separated by commas',
		description:
			'Binary field of the incoming items that contains the video; to join several fields of each item, separate their names with commas',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'File Name',
				name: 'fileName',
				type: 'string',
				default: 'joined.mp4',
				placeholder: 'e.g. film.mp4',
				description: 'Name of the joined video file',
			},
			{
				displayName: 'Output Binary Field',
				name: 'binaryField',
				type: 'string',
				default: 'data',
				placeholder: 'e.g. data',
				description: 'Name of the binary field that contains the joined video',
			},
			{
				displayName: 'Skip Items Without Video',
				name: 'skipItemsWithoutVideo',
				type: 'boolean',
				default: false,
				description:
					'Whether to ignore items that have no video, such as generations that did not succeed, and join the others',
			},
			{
				displayName: 'Sound',
				name: 'sound',
				type: 'options',
				default: 'keep',
				description: 'What to do with the sound of the videos',
				options: [
					{
						name: 'Keep',
						value: 'keep',
						description: 'Join the sound, with silence where a video has none',
					},
					{
						name: 'Leave Out',
						value: 'leaveOut',
						description: 'Join the videos without sound',
					},
				],
			},
		],
	},
];
