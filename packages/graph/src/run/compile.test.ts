import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { classifier } from "../../test/classifier.js";
import { checkOnnx } from "../../test/onnxChecker.js";
import { add, multiply, subtract } from "../operators/binary.js";
import { matmul } from "../operators/matmul.js";
import { sum } from "../operators/reductions.js";
import { exp } from "../operators/unary.js";
import { constant, parameter } from "../tensor/tensor.js";
import { compile } from "./compile.js";
import { saveModel } from "./save.js";

const small = { images: 20, pixels: 8, hidden: 6, classes: 3, batch: 4 };

describe("compile", () => {
  test("gives a model that passes the ONNX checker's rules", () => {
    expect(checkOnnx(compile(classifier(small).outputs).onnx)).toEqual([]);
    const heads = parameter("heads", [2, 3, 4]);
    // FusedMatMul comes from a domain of its own, which must be imported.
    expect(checkOnnx(compile({ y: matmul(heads, heads, { transposeB: true, scale: 0.5 }) }).onnx)).toEqual(
      [],
    );
  });

  test("gives a model that ONNX Runtime loads with the types that we declare", async () => {
    const compiled = compile(classifier(small).outputs);
    const session = await InferenceSession.create(compiled.onnx);
    const declared = [...Object.values(compiled.inputs), ...Object.values(compiled.outputs)];
    const loaded = [...session.inputMetadata, ...session.outputMetadata];
    expect(loaded.map(({ name }) => name)).toEqual(declared.map(({ onnxName }) => onnxName));
    loaded.forEach((value, i) => {
      expect(value.isTensor && { shape: value.shape, dtype: value.type }).toEqual({
        shape: declared[i]?.shape,
        dtype: declared[i]?.dtype,
      });
    });
  });

  test("turns names into identifiers and keeps them apart", () => {
    const [a, b, c] = [parameter("a.b", [2]), parameter("a_b", [2]), parameter("0 Add", [2])];
    const compiled = compile({ Add: add(add(a, b), c), "a.b": multiply(a, 2) });
    const names = [...Object.values(compiled.inputs), ...Object.values(compiled.outputs)].map(
      (v) => v.onnxName,
    );
    expect(names).toEqual(["a_b", "a_b_1", "_0_Add", expect.any(String), expect.any(String)]);
    expect(new Set(names).size).toBe(names.length);
    expect(checkOnnx(compiled.onnx)).toEqual([]);
  });

  test("returns inputs, constants and one tensor under two names", async () => {
    const x = parameter("x", [2]);
    const compiled = compile({ x, one: constant(1, [2]), a: exp(x), b: exp(x) });
    expect(checkOnnx(compiled.onnx)).toEqual([]);
    expect(compiled.nodeCount).toBe(4);
    await expect(InferenceSession.create(compiled.onnx)).resolves.toBeDefined();
  });

  test("keeps inputs that turn out not to matter", () => {
    const x = parameter("x", [2]);
    expect(Object.keys(compile({ y: add(x, multiply(sum(x), 0)) }).inputs)).toEqual(["x"]);
    const compiled = compile({ y: subtract(add(constant(1), 1), sum(parameter("none", [0]))) });
    expect(Object.keys(compiled.inputs)).toEqual(["none"]);
    expect(checkOnnx(compiled.onnx)).toEqual([]);
  });

  test("refuses to compile nothing", () => {
    expect(() => compile({})).toThrow(/no outputs given/);
  });

  test("shares the forward pass with the backward pass", () => {
    const { outputs, loss } = classifier(small);
    const apart = compile({ loss }).nodeCount;
    const { loss: _, ...derivatives } = outputs;
    // Two images of one graph would hold the forward pass twice.
    expect(compile(outputs).nodeCount).toBeLessThan(apart + compile(derivatives).nodeCount - apart / 2);
  });
});

describe("saveModel", () => {
  test("writes the model whole, and nothing beside it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "steepest-graph-"));
    try {
      const compiled = compile({ y: exp(parameter("x", [2])) });
      const path = join(folder, "model.onnx");
      await saveModel(compiled, path);
      await saveModel(compiled, path);
      expect(new Uint8Array(await readFile(path))).toEqual(compiled.onnx);
      expect(await readdir(folder)).toEqual(["model.onnx"]);
      await expect(InferenceSession.create(path)).resolves.toBeDefined();
      await expect(saveModel(compiled, join(folder, "absent", "model.onnx"))).rejects.toThrow(/ENOENT/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
