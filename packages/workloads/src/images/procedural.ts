import { type RandomStream, randomStream } from "@steepest/random";
import type { LabelledImages } from "./imageSet.js";
import { type SignedDistance, shapes } from "./shapes.js";

const SIDE = 28;
const PIXELS = SIDE * SIDE;

/**
 * How much the drawings of one class differ; chosen so that the 784-100-10 network takes about as long as on
 * Fashion-MNIST and gets 92 of 100 right, a linear model 37.
 */
const jitter = {
  /** Centre, in pixels from the middle. */
  shift: 3.5,
  /** Radius, in pixels. */
  radius: [4, 10],
  /** Turn, in radians: less than an eighth of a turn, which would make one cross of the other. */
  turn: 0.35,
  /** Width over height. */
  stretch: [0.7, 1.4],
  /** Levels of grey between shape and ground. */
  contrast: [60, 200],
  ground: [0, 50],
  /** Greatest deviation of a pixel, in levels of grey. */
  noise: 30,
} as const;

const between = (stream: RandomStream, [low, high]: readonly [number, number]): number =>
  low + (high - low) * stream.uniform();

/** Draws one shape, turned, stretched and shifted, on a noisy ground. */
function draw(shape: SignedDistance, stream: RandomStream, pixels: Uint8Array): void {
  const centreX = SIDE / 2 - 0.5 + between(stream, [-jitter.shift, jitter.shift]);
  const centreY = SIDE / 2 - 0.5 + between(stream, [-jitter.shift, jitter.shift]);
  const turn = between(stream, [-jitter.turn, jitter.turn]);
  const radius = between(stream, jitter.radius);
  const stretch = Math.sqrt(between(stream, jitter.stretch));
  const ground = between(stream, jitter.ground);
  const contrast = between(stream, jitter.contrast);
  // From pixels to the shape's own coordinates.
  const cosU = Math.cos(turn) / (radius * stretch);
  const sinU = Math.sin(turn) / (radius * stretch);
  const cosV = (Math.cos(turn) * stretch) / radius;
  const sinV = (Math.sin(turn) * stretch) / radius;
  // No shape reaches further than 1.15 of its own units and the soft edge.
  const reach = (1.15 * radius * Math.max(stretch, 1 / stretch) + 1) ** 2;
  let random = 0;
  for (let row = 0, i = 0; row < SIDE; row++) {
    const y = row - centreY;
    for (let column = 0; column < SIDE; column++, i++) {
      const x = column - centreX;
      // One draw serves four pixels with a byte each.
      random = i % 4 === 0 ? stream.uniform() * 0x1_0000_0000 : random >>> 8;
      let grey = ground + jitter.noise * ((random & 255) / 127.5 - 1);
      if (x * x + y * y < reach) {
        // One pixel of soft edge, so that shifts by less than a pixel show.
        const inside = 0.5 - radius * shape(x * cosU + y * sinU, y * cosV - x * sinV);
        grey += contrast * Math.max(0, Math.min(1, inside));
      }
      pixels[i] = Math.max(0, Math.min(255, grey));
    }
  }
}

/**
 * Images of ten shapes, drawn by code: 28 × 28 pixels, classes in random order, always the same ones. A
 * stand-in where the real data cannot be had; it takes as long to learn from as Fashion-MNIST does, and
 * accuracies on it say nothing about Fashion-MNIST.
 */
export function drawShapes(count: number): LabelledImages {
  const stream = randomStream(0, "procedural images");
  const pixels = new Uint8Array(count * PIXELS);
  const labels = new Int32Array(count);
  for (let image = 0; image < count; image++) {
    const label = stream.integer(shapes.length);
    const shape = shapes[label];
    if (shape === undefined) continue;
    labels[image] = label;
    draw(shape, stream, pixels.subarray(image * PIXELS, (image + 1) * PIXELS));
  }
  return { pixels, labels };
}
