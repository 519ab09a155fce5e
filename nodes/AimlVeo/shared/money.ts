/** Sums of money: whole millionths of a dollar, so that they stay exact. */

/** One US dollar in the unit of all sums here. */
export const MICRO_USD = 1_000_000;

/** An amount in US dollars, rounded to the unit of all sums here. */
export const toMicroUsd = (usd: number): number => Math.round(usd * MICRO_USD);

export const sumOf = (amounts: Iterable<number>): number =>
	[...amounts].reduce((sum, amount) => sum + amount, 0);

/** `$3.20`, `-$3.20`, and up to six decimals where the sum has them. */
export function formatUsd(microUsd: number): string {
	const [whole, decimals = ''] = (Math.abs(microUsd) / MICRO_USD).toFixed(6).split('.');
	return `${microUsd < 0 ? '-' : ''}$${whole}.${decimals.replace(/0{1,4}$/, '')}`;
}
