/** The n8n versions that the sandbox and the end-to-end tests use. */
import versions from './pinned.json';

/** n8n 2.x wants Node 24 or later; it comes out of npm like everything else. */
export const PINNED = versions.PINNED;

/** Why just these; docs/compatibility.md tells. */
export const REASONS = versions.REASONS;

/** n8n 1.x names a dependency by an address outside the registry; the registry has one that serves. */
export const packageOverrides = (version: string): Record<string, string> =>
	version.startsWith('1.') ? { xlsx: '0.18.5' } : {};
