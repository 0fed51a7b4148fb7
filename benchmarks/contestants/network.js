import { readFileSync } from "node:fs";

/** The 784-100-10 network of all contestants: sizes, batch and learning rate. */
export const network = {
  inputs: 784,
  hidden: 100,
  classes: 10,
  batch: 128,
  learningRate: 1e-3,
  checkedSteps: 20,
};

const sizes = {
  images: network.batch * network.inputs,
  weight1: network.inputs * network.hidden,
  bias1: network.hidden,
  weight2: network.hidden * network.classes,
  bias2: network.classes,
};

/** Bytes for `readNetwork`, the same in every run: images in [0, 1), PyTorch-like uniform initial weights. */
export function networkBytes() {
  let state = 0x9e3779b9;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  const values = new Float32Array(total);
  let at = 0;
  for (const [name, size] of Object.entries(sizes)) {
    const bound = 1 / Math.sqrt(name.endsWith("2") ? network.hidden : network.inputs);
    for (let i = 0; i < size; i++) values[at++] = name === "images" ? uniform() : (2 * uniform() - 1) * bound;
  }
  return new Uint8Array(values.buffer);
}

/** The arrays of a file of `networkBytes`, and the labels i mod 10. */
export function readNetwork(path) {
  const bytes = readFileSync(path);
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  let at = 0;
  const arrays = {};
  for (const [name, size] of Object.entries(sizes)) {
    arrays[name] = values.slice(at, at + size);
    at += size;
  }
  return { ...arrays, labels: Int32Array.from({ length: network.batch }, (_, i) => i % network.classes) };
}
