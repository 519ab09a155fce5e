/**
 * Every message a user can meet. The message says what happened, with the field's display name; the
 * description says how to go on.
 */
export * from './api';
export * from './cost';
export * from './generation';
export * from './input';
export * from './run';
