import { CRASHES, QUICK } from './scenarios.ts';
import { trySeeds } from './support/try-seeds.ts';

trySeeds([...QUICK, CRASHES]);
