import { QUICK_READS, READS } from './read-scenarios.ts';
import { trySeeds } from './support/try-seeds.ts';

trySeeds([...QUICK_READS, ...READS]);
