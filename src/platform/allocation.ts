import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 make every object young. By itself it makes those of a place in the code old at once where it
 * saw such objects live long while the process started, which says nothing of requests: in every
 * other process it then kept all of a request, some 5 kB, until the next collection of old objects,
 * and collecting young ones took three times as long (docs/benchmarks.md).
 */
export function makeObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
