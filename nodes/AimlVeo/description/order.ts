/** The order in which the editor lists things. */
import type { INodeProperties } from 'n8n-workflow';

/**
 * Alphabetical, with numbers by their size: 720p before 1080p. Without `localeCompare`, whose first use
 * takes longer than loading all the rest of the package.
 */
const compare = (a: string, b: string) =>
	parseFloat(a) - parseFloat(b) || (a < b ? -1 : Number(a > b));

export const byName = <T extends { name: string }>(a: T, b: T) => compare(a.name, b.name);
export const byDisplayName = (a: INodeProperties, b: INodeProperties) =>
	compare(a.displayName, b.displayName);
