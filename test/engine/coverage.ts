/** With `jest --coverage` the engine's host processes write V8's coverage of the built package. */
if (process.env.AIMLVEO_V8_COVERAGE) process.env.NODE_V8_COVERAGE = process.env.AIMLVEO_V8_COVERAGE;
