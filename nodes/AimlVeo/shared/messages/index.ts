/**
 * Every message that a user can see. The message says what happened, with the field's display name. The
 * description says what to do.
 */
export * from './api';
export * from './cost';
export * from './generation';
export * from './input';
export * from './run';
