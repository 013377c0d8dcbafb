import { guardTemporaryFiles } from './guard.ts';

/* Runs before each file of tests, in the process that then runs them. */

guardTemporaryFiles();
