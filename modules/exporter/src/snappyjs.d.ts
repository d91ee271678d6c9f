// What we use of snappyjs, which comes without types.

declare module 'snappyjs' {
  /** Compresses bytes into Snappy's block format; the answer is as long as that takes, and a buffer of its own. */
  export function compress(bytes: Uint8Array): Uint8Array;
}
