/** Faults on demand: what goes wrong, how often, and for which request. */

export type FaultAction =
	/** Any status with any body. */
	| { kind: 'status'; status: number; headers?: Record<string, string>; body?: unknown }
	/** 200 with this JSON. */
	| { kind: 'json'; body: unknown }
	| { kind: 'html'; status?: number }
	| { kind: 'brokenJson' }
	| { kind: 'emptyBody' }
	/** The socket is destroyed before an answer. */
	| { kind: 'reset' }
	/** Never answers. */
	| { kind: 'hang' }
	/** Submit: the job is taken and will be charged, but the answer is lost. */
	| { kind: 'acceptThenReset' }
	| { kind: 'acceptThenStatus'; status: number; named?: boolean }
	/** Its ID comes in a header, and the body breaks off. */
	| { kind: 'acceptThenBroken' }
	| { kind: 'acceptThenHang' }
	| { kind: 'acceptThenJson'; body: unknown }
	| { kind: 'acceptSlowly'; ms: number }
	/** Submit: how the job goes on. Failed jobs and jobs without a video are not charged. */
	| { kind: 'fail'; error: unknown }
	| { kind: 'noVideo' }
	| { kind: 'lateVideo'; checks: number }
	| { kind: 'unknownStatus'; status: string; checks: number }
	| { kind: 'videoUrl'; url: string }
	/** The video is a list of one. */
	| { kind: 'videoList' }
	/** Completed and charged, and the video comes some checks later. */
	| { kind: 'chargedLate'; checks: number }
	/** Checks answer with another form of the ID. */
	| { kind: 'otherId' }
	/** The answer to the submission is the end already. */
	| { kind: 'completedAtOnce' }
	| { kind: 'failedAtOnce'; error: unknown }
	/** CDN. */
	| { kind: 'cutOff'; afterBytes: number }
	| { kind: 'stall'; afterBytes: number }
	/** One byte after the other, with this pause between them. */
	| { kind: 'trickle'; everyMs: number }
	| { kind: 'wrongLength'; missing: number }
	| { kind: 'wrongType'; contentType: string }
	/** Content that is no video, or one of another type, under any header. */
	| { kind: 'content'; contentType: string; content: Buffer; padTo?: number }
	| { kind: 'redirect'; to: string }
	/** CDN: the address issued so far answers 403 for ever; the next check of the job gives a new one. */
	| { kind: 'expire'; status?: number };

export interface FaultRule {
	on: 'submit' | 'fetch' | 'cdn' | 'billing' | 'models' | 'logs';
	action: FaultAction;
	/** How many requests it strikes (default 1). */
	times?: number;
	/** How many matching requests go through before. */
	after?: number;
	match?: { promptIncludes?: string; generationId?: string };
}

export class Faults {
	private rules: Array<FaultRule & { left: number; skip: number }> = [];

	add(rule: FaultRule): void {
		this.rules.push({ ...rule, left: rule.times ?? 1, skip: rule.after ?? 0 });
	}

	clear(): void {
		this.rules = [];
	}

	/** The action for this request, if one is due; using it up. */
	take(on: FaultRule['on'], prompt = '', generationId = ''): FaultAction | undefined {
		for (const rule of this.rules) {
			const { promptIncludes, generationId: id } = rule.match ?? {};
			if (rule.on !== on || rule.left <= 0) continue;
			if (promptIncludes !== undefined && !prompt.includes(promptIncludes)) continue;
			if (id !== undefined && id !== generationId) continue;
			if (rule.skip > 0) {
				rule.skip -= 1;
				continue;
			}
			rule.left -= 1;
			return rule.action;
		}
		return undefined;
	}
}
