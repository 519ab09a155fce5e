/** The type of a part of the bench. */
import type { Finding } from './report';

export interface Effort {
	/** How often a noisy measurement is repeated. */
	runs: number;
	/** Small and short, to try the bench itself: its figures mean nothing. */
	quick: boolean;
}

export interface Part {
	readonly name: string;
	readonly title: string;
	run(effort: Effort): Promise<Finding>;
}
