const rotateLeft = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

/** MurmurHash3 (Appleby 2011, the 32-bit variant) of a text, with one block a UTF-16 code unit. */
function murmur3(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) {
    const block = Math.imul(rotateLeft(Math.imul(text.charCodeAt(i), 0xcc9e2d51), 15), 0x1b873593);
    hash = (Math.imul(rotateLeft(hash ^ block, 13), 5) + 0xe6546b64) | 0;
  }
  hash ^= text.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Four 32-bit words that depend on every character of the text: the hash under four seeds. */
export const hash128 = (text: string): readonly [number, number, number, number] => [
  murmur3(text, 0x243f6a88),
  murmur3(text, 0x85a308d3),
  murmur3(text, 0x13198a2e),
  murmur3(text, 0x03707344),
];
