import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fetchesFor, largestError, wave } from "../../test/arrays.js";
import { classifier } from "../../test/classifier.js";
import { checkOnnx } from "../../test/onnxChecker.js";
import { randomGraph } from "../../test/randomGraph.js";
import { add, multiply } from "../operators/binary.js";
import { gather } from "../operators/indexing.js";
import { sum } from "../operators/reductions.js";
import { cast } from "../operators/select.js";
import { input, parameter } from "../tensor/tensor.js";
import { compile } from "./compile.js";
import { evaluate } from "./evaluate.js";
import { createSession } from "./session.js";

const extents = { images: 500, pixels: 784, hidden: 100, classes: 10, batch: 128 };

describe("createSession", () => {
  test("computes the 784-100-10 classifier and its derivatives as the float64 reference does", async () => {
    const { outputs, feeds } = classifier(extents);
    const fetches = fetchesFor(outputs);
    const session = await createSession(compile(outputs), { feeds, fetches });
    await session.run();
    const expected = evaluate(outputs, feeds);
    for (const [name, array] of Object.entries(fetches)) {
      const scale = Math.max(...(expected[name] ?? []).map(Math.abs));
      const relative = (values: ArrayLike<number>) => Float64Array.from(values, (value) => value / scale);
      expect(largestError(relative(array), relative(expected[name] ?? []))).toBeLessThan(5e-6);
    }
    await session.release();
  });

  test.each([0, -1, 1.5, 257, Number.NaN])("refuses %s threads", async (threads) => {
    const outputs = { y: add(input("x", [2]), 1) };
    const arrays = { feeds: { x: wave(2, 1) }, fetches: fetchesFor(outputs) };
    await expect(createSession(compile(outputs), { ...arrays, threads })).rejects.toThrow(
      /number of threads is .*1 to 256/,
    );
  });

  test.each([0, 1, 3])(
    "agrees with the float64 reference on any graph of matrices with extents %i (property)",
    async (n) => {
      const feeds = { a: wave(n * n, 1), b: wave(n * n, 2) };
      await fc.assert(
        fc.asyncProperty(randomGraph(n, 8), async (outputs) => {
          const compiled = compile(outputs);
          expect(checkOnnx(compiled.onnx)).toEqual([]);
          const fetches = fetchesFor(outputs);
          const needed = Object.fromEntries(
            Object.entries(feeds).filter(([name]) => name in compiled.inputs),
          );
          const session = await createSession(compiled, { feeds: needed, fetches });
          await session.run();
          await session.release();
          const expected = evaluate(outputs, needed);
          for (const [name, array] of Object.entries(fetches)) {
            expect(largestError(array, expected[name] ?? [])).toBeLessThan(1e-5);
          }
        }),
        { numRuns: 25 },
      );
    },
  );

  test("tells what failed in a run", async () => {
    const compiled = compile({ y: gather(parameter("x", [3]), input("i", [1], "int32")) });
    const session = await createSession(compiled, {
      feeds: { x: new Float32Array(3), i: Int32Array.of(5) },
      fetches: { y: new Float32Array(1) },
    });
    await expect(session.run()).rejects.toThrow(/the run failed: .*Check that indices lie within/s);
  });

  test("gives the same bits at every run and in every session", async () => {
    const { outputs, feeds } = classifier(extents);
    const compiled = compile(outputs);
    expect(compile(classifier(extents).outputs).onnx).toEqual(compiled.onnx);
    const digests = new Set<string>();
    for (let i = 0; i < 2; i++) {
      const fetches = fetchesFor(outputs);
      const session = await createSession(compiled, { feeds, fetches });
      for (let run = 0; run < 5; run++) {
        await session.run();
        const hash = createHash("sha256");
        for (const array of Object.values(fetches)) hash.update(array);
        digests.add(hash.digest("hex"));
      }
      await session.release();
    }
    expect(digests.size).toBe(1);
  });

  test("reads and fills views of a WebAssembly memory in place", async () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const x = new Float32Array(memory.buffer, 64, 3);
    const y = new Float32Array(memory.buffer, 128, 3);
    const session = await createSession(compile({ y: multiply(parameter("x", [3]), 2) }), {
      feeds: { x },
      fetches: { y },
    });
    x.set([1, 2, 3]);
    await session.run();
    expect([...y]).toEqual([2, 4, 6]);
    x.set([-1, 0, 0.5]);
    await session.run();
    expect([...y]).toEqual([-2, 0, 1]);
    expect(new Float32Array(memory.buffer)[15]).toBe(0);
    expect(new Float32Array(memory.buffer)[35]).toBe(0);
  });

  test("takes every element type, scalars and tensors without elements", async () => {
    const outputs = {
      total: sum(
        add(
          add(cast(input("int32", [2], "int32"), "float32"), cast(input("int64", [2], "int64"), "float32")),
          add(cast(input("uint8", [2], "uint8"), "float32"), cast(input("bool", [2], "bool"), "float32")),
        ),
      ),
      whole: add(input("scalar", [], "int64"), 1),
      none: multiply(parameter("none", [0, 3]), 2),
      zero: sum(parameter("none", [0, 3])),
    };
    const fetches = {
      total: new Float32Array(1),
      whole: new BigInt64Array(1),
      none: new Float32Array(0),
      zero: new Float32Array([7]),
    };
    const session = await createSession(compile(outputs), {
      feeds: {
        int32: Int32Array.of(-5, 7),
        int64: BigInt64Array.of(100n, -1n),
        uint8: Uint8Array.of(255, 0),
        bool: Uint8Array.of(1, 0),
        scalar: BigInt64Array.of(2n ** 40n),
        none: new Float32Array(0),
      },
      fetches,
    });
    await session.run();
    expect(fetches.total[0]).toBe(-5 + 7 + 100 - 1 + 255 + 1);
    expect(fetches.whole[0]).toBe(2n ** 40n + 1n);
    expect(fetches.zero[0]).toBe(0);
  });

  test("can be released once, and not run afterwards", async () => {
    const session = await createSession(compile({ y: multiply(parameter("x", [1]), 2) }), {
      feeds: { x: new Float32Array(1) },
      fetches: { y: new Float32Array(1) },
    });
    await session.release();
    await session.release();
    await expect(session.run()).rejects.toThrow(/the session is released/);
  });

  test("fills only the outputs asked for", async () => {
    const x = parameter("x", [2]);
    const y = new Float32Array(2);
    const session = await createSession(compile({ y: multiply(x, 3), z: sum(x) }), {
      feeds: { x: new Float32Array([1, 2]) },
      fetches: { y },
    });
    await session.run();
    expect([...y]).toEqual([3, 6]);
  });

  test("refuses arrays that do not fit, with the array to pass instead", async () => {
    const compiled = compile({ y: multiply(parameter("x", [2, 3]), 2) });
    const fetches = { y: new Float32Array(6) };
    const x = new Float32Array(6);
    const refused = (options: Parameters<typeof createSession>[1]) =>
      expect(createSession(compiled, options)).rejects;
    await refused({ feeds: { x: new Float32Array(5) }, fetches }).toThrow(
      /input "x" is float32 \[2, 3\] and needs 6 elements, found 5.*session\.test\.ts/s,
    );
    await refused({ feeds: { x: new Int32Array(6) }, fetches }).toThrow(
      /needs a Float32Array, found Int32Array/,
    );
    await refused({ feeds: { X: x }, fetches }).toThrow(/unknown input "X".*Did you mean "x"\?/s);
    await refused({ feeds: {}, fetches }).toThrow(/feeds are missing: x/);
    await refused({ feeds: { x }, fetches: {} }).toThrow(/no fetches/);
    await refused({ feeds: { x }, fetches: { z: x } }).toThrow(/unknown output "z".*Known: y/s);
  });

  test("does not grow over 10,000 runs", async () => {
    const { outputs, feeds } = classifier({ images: 20, pixels: 8, hidden: 6, classes: 3, batch: 4 });
    const session = await createSession(compile(outputs), { feeds, fetches: fetchesFor(outputs) });
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const memory = () => {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    for (let run = 0; run < 500; run++) await session.run();
    const before = memory();
    for (let run = 0; run < 10_000; run++) await session.run();
    expect(memory() - before).toBeLessThan(1e6);
    await session.release();
  });

  test("reads inputs where they are: writing between runs changes the next result", async () => {
    const index = Int32Array.of(0, 1, 2, 3);
    const { outputs, feeds } = classifier({ images: 20, pixels: 8, hidden: 6, classes: 3, batch: 4 });
    const fetches = fetchesFor(outputs);
    const session = await createSession(compile(outputs), { feeds: { ...feeds, index }, fetches });
    await session.run();
    const first = fetches.loss?.[0];
    index.set([9, 8, 7, 6]);
    await session.run();
    expect(fetches.loss?.[0]).not.toBe(first);
    expect(fetches.loss?.[0]).toBeCloseTo(evaluate(outputs, { ...feeds, index }).loss?.[0] ?? Number.NaN, 5);
  });
});
