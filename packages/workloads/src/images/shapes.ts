/** How far a point is outside (> 0) or inside (< 0) a shape of about unit size at the origin. */
export type SignedDistance = (u: number, v: number) => number;

const box = (u: number, v: number, halfWidth: number, halfHeight: number): number =>
  Math.max(Math.abs(u) - halfWidth, Math.abs(v) - halfHeight);

/**
 * Ten shapes, one a class, chosen in pairs that differ in little: by a hole (0, 1 and 2, 3), by which way up
 * (4, 5), by an eighth of a turn (6, 7) or by a quarter (8, 9).
 */
export const shapes: readonly SignedDistance[] = [
  // disc, ring
  (u, v) => Math.sqrt(u * u + v * v) - 0.9,
  (u, v) => Math.abs(Math.sqrt(u * u + v * v) - 0.65) - 0.25,
  // square, frame
  (u, v) => box(u, v, 0.8, 0.8),
  (u, v) => Math.abs(Math.max(Math.abs(u), Math.abs(v)) - 0.6) - 0.2,
  // triangle on its base, on its tip
  (u, v) => Math.max(0.87 * Math.abs(u) - 0.5 * v - 0.4, v - 0.7),
  (u, v) => Math.max(0.87 * Math.abs(u) + 0.5 * v - 0.4, -v - 0.7),
  // upright cross, diagonal cross
  (u, v) => Math.min(box(u, v, 0.95, 0.25), box(u, v, 0.25, 0.95)),
  (u, v) =>
    Math.min(box(0.7 * (u + v), 0.7 * (u - v), 0.95, 0.25), box(0.7 * (u + v), 0.7 * (u - v), 0.25, 0.95)),
  // two bars, lying and standing
  (u, v) => box(u, Math.abs(v) - 0.5, 0.85, 0.25),
  (u, v) => box(Math.abs(u) - 0.5, v, 0.25, 0.85),
];
