import { add, concat, constant, multiply, split, subtract, type Tensor } from "@steepest/graph";
import { SteepestError } from "@steepest/optim";

/** The wavelengths go from 2π tokens to almost so many times as many. */
const base = 10_000;

/** What {@link rotary} multiplies by: cosine and sine of the angle of each place and pair. */
interface Tables {
  readonly cosine: Tensor;
  readonly sine: Tensor;
}

/**
 * Rotary position embedding of queries or keys [..., time, depth]: at place t, the pair of elements i and
 * i + depth/2 turns by the angle t · 10000^(−2i/depth), so that products of a query and a key depend on the
 * distance of their places alone. What it gives keeps its tables, so that all layers share them.
 *
 * Source: Su et al., "RoFormer", arXiv:2104.09864, with the pairs of GPT-NeoX and Llama (element i with
 * i + depth/2, where the paper has neighbours: another order of the same elements).
 *
 * @throws SteepestError `invalid-value` where the depth is odd
 */
export function rotary(depth: number): (x: Tensor) => Tensor {
  if (depth % 2 !== 0) {
    throw new SteepestError(
      "invalid-value",
      `rotary: heads of ${depth} elements do not divide into pairs`,
      "Choose width and heads so that each head has an even number of elements",
    );
  }
  const half = depth / 2;
  const tablesByTime = new Map<number, Tables>();
  const tablesOf = (time: number): Tables => {
    const known = tablesByTime.get(time);
    if (known !== undefined) return known;
    const table = (f: (angle: number) => number): Tensor =>
      constant(
        Float64Array.from({ length: time * half }, (_, i) =>
          f(Math.floor(i / half) * base ** (-(i % half) / half)),
        ),
        [time, half],
      );
    const tables = { cosine: table(Math.cos), sine: table(Math.sin) };
    tablesByTime.set(time, tables);
    return tables;
  };
  return (x) => {
    const { cosine, sine } = tablesOf(x.shape.at(-2) ?? 1);
    const [first = x, second = x] = split(x, 2, { axis: -1 });
    return concat(
      [
        subtract(multiply(first, cosine), multiply(second, sine)),
        add(multiply(second, cosine), multiply(first, sine)),
      ],
      { axis: -1 },
    );
  };
}
