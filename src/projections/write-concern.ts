/** Survives the loss of a minority of the replica set; on a standalone server it means journaled. */
export const SAFE = { writeConcern: { w: 'majority' } } as const;
