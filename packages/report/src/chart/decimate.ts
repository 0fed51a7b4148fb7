/** A segment between two kept samples and the sample in between that lies farthest from it. */
interface Segment {
  readonly first: number;
  readonly last: number;
  readonly farthest: number;
  readonly error: number;
}

/** A binary heap with the largest error on top. */
class SegmentHeap {
  readonly #items: Segment[] = [];

  push(segment: Segment): void {
    const items = this.#items;
    let index = items.push(segment) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = items[parent];
      if (above === undefined || above.error >= segment.error) break;
      items[index] = above;
      index = parent;
    }
    items[index] = segment;
  }

  pop(): Segment | undefined {
    const items = this.#items;
    const top = items[0];
    const moved = items.pop();
    if (moved === undefined || items.length === 0) return top;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const leftError = items[left]?.error ?? -1;
      const rightError = items[left + 1]?.error ?? -1;
      const child = leftError >= rightError ? left : left + 1;
      const below = items[child];
      if (below === undefined || below.error <= moved.error) break;
      items[index] = below;
      index = child;
    }
    items[index] = moved;
    return top;
  }
}

/**
 * A distance, in units of what is visible, that nobody sees at any zoom; straight pieces differ by rounding
 * only.
 */
const invisible = 1e-7;

/**
 * About `count` indices from 0 to the last, half evenly spread and half evenly on a logarithmic scale, since
 * optimizers are fast at first. Without them, an endless oscillation at the end of a run, where every sample
 * is equally far from the line, would take all samples and leave none for the way there.
 */
function anchors(length: number, count: number): readonly number[] {
  const last = length - 1;
  const chosen = new Set([0, last]);
  const each = Math.floor(count / 2) - 1;
  for (let i = 1; i < each; i++) {
    chosen.add(Math.round((last * i) / each));
    chosen.add(Math.round(last ** (i / each)));
  }
  return [...chosen].sort((a, b) => a - b);
}

/**
 * Which samples of a trajectory to keep so that it looks and moves the same: ascending indices, the first and
 * the last included, at most `limit` of them. Half are spread over the time; the rest go where the linear
 * interpolation in time is worst (Douglas–Peucker with synchronised distance: Meratnia and de By 2004), so
 * that both the shape and the speed along it are kept, and oscillations are not aliased. Each channel is one
 * coordinate in units of what is visible (1 = the whole width); all are equally long and finite.
 */
export function decimate(
  channels: readonly ArrayLike<number>[],
  length: number,
  limit: number,
): readonly number[] {
  if (length <= limit) return Array.from({ length }, (_, index) => index);
  const measure = (first: number, last: number): Segment => {
    let farthest = first;
    let error = -1;
    for (let index = first + 1; index < last; index++) {
      const fraction = (index - first) / (last - first);
      let distance = 0;
      for (const channel of channels) {
        const start = channel[first] ?? 0;
        const end = channel[last] ?? 0;
        const offset = (channel[index] ?? 0) - start - fraction * (end - start);
        distance += offset * offset;
      }
      if (distance > error) {
        error = distance;
        farthest = index;
      }
    }
    return { first, last, farthest, error };
  };
  const spread = anchors(length, limit / 2);
  const kept = new Set(spread);
  const heap = new SegmentHeap();
  for (let i = 1; i < spread.length; i++) heap.push(measure(spread[i - 1] ?? 0, spread[i] ?? 0));
  while (kept.size < limit) {
    const worst = heap.pop();
    if (worst === undefined || worst.error <= invisible ** 2) break;
    kept.add(worst.farthest);
    heap.push(measure(worst.first, worst.farthest));
    heap.push(measure(worst.farthest, worst.last));
  }
  return [...kept].sort((a, b) => a - b);
}
