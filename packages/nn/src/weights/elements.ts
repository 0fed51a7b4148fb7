import type { SafetensorsElement } from "@steepest/optim";

/** A float16 (IEEE 754 binary16) from its bits, exactly. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const shorts = (bytes: ArrayBuffer, f: (bits: number) => number): Float32Array =>
  Float32Array.from(new Uint16Array(bytes), f);

/** Little-endian elements of the dtypes that float32 holds exactly. */
const decoders: Readonly<Partial<Record<SafetensorsElement, (bytes: ArrayBuffer) => Float32Array>>> = {
  F32: (bytes) => new Float32Array(bytes),
  F16: (bytes) => shorts(bytes, half),
  BF16: (bytes) => {
    const wide = new Uint32Array(bytes.byteLength / 2);
    for (const [i, bits] of new Uint16Array(bytes).entries()) wide[i] = bits * 0x1_0000;
    return new Float32Array(wide.buffer);
  },
};

/** The dtypes that {@link floatDecoder} knows. */
export const floatElements = Object.keys(decoders);

/** How to read elements as float32, exactly; undefined where float32 does not hold all of them. */
export const floatDecoder = (dtype: SafetensorsElement) => decoders[dtype];
