/** What no text may hold: C0, DEL and C1. */
export const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/;
