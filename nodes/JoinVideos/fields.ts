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
			'Binary field of the incoming items that holds the video; several names, separated by commas, are taken in this order within each item',
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
				description: 'Name of the binary field that holds the joined video',
			},
			{
				displayName: 'Skip Items Without Video',
				name: 'skipItemsWithoutVideo',
				type: 'boolean',
				default: false,
				description:
					'Whether to join the other items when some have no such binary field, such as the rows of videos that could not be made',
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
						description: 'Join the pictures only',
					},
				],
			},
		],
	},
];
