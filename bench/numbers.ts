/** Arithmetic of repeated measurements. */

/** The middle value, or the mean of the two in the middle. */
export function median(values: number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const half = Math.floor(sorted.length / 2);
	const upper = sorted[half] ?? NaN;
	return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? NaN) + upper) / 2;
}

export const range = (values: number[], show: (value: number) => string): string =>
	`${show(Math.min(...values))} to ${show(Math.max(...values))}`;
