import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../files/test/temporaryFolder.js";
import { largestError, wave } from "../../test/arrays.js";
import { checkOnnx } from "../../test/onnxChecker.js";
import { decodeModel } from "../onnx/model.js";
import { add, matmul, reshape, softmax, tanh, transpose } from "../operators/index.js";
import { constant, input, parameter } from "../tensor/tensor.js";
import { compile } from "./compile.js";
import { evaluate } from "./evaluate.js";
import { exportModel, saveModel } from "./save.js";

let folder = "";
beforeAll(
  temporaryFolder((path) => {
    folder = path;
  }),
);

/** Attention of x with itself, whose products have every transposition and scale, over a projection. */
function network() {
  const x = input("x", [2, 3, 4]);
  const projection = parameter("blocks.0.weight", [5, 4]);
  const projected = tanh(matmul(x, projection, { transposeB: true }));
  const scores = matmul(projected, projected, { transposeB: true, scale: 0.5 });
  const mixed = matmul(softmax(scores), projected, { transposeA: true });
  const flat = reshape(transpose(mixed, [1, 0, 2]), [6, 5]);
  const y = matmul(flat, constant(wave(25), [5, 5]), { transposeA: false, transposeB: true, scale: 3 });
  return { y: add(y, parameter("bias", [5])) };
}

const single = (count: number, phase: number) => Float32Array.from(wave(count, phase));
const weights = { "blocks.0.weight": single(20, 1), bias: single(5, 2) };
const x = single(24, 3);

async function outputOf(path: string): Promise<Float32Array> {
  const session = await InferenceSession.create(path);
  const { y } = await session.run({ x: new OnnxTensor("float32", x, [2, 3, 4]) });
  await session.release();
  return y?.data instanceof Float32Array ? y.data : expect.unreachable("no output y");
}

describe("exportModel", () => {
  const { y } = network();
  const expected = evaluate({ y }, { ...weights, x }).y;

  it("writes one file with its weights inside, in ONNX's own operators alone", async () => {
    const path = join(folder, "inside.onnx");
    expect(await exportModel({ y }, path, { weights })).toEqual([path]);
    expect(largestError(Float64Array.from(await outputOf(path)), expected)).toBeLessThan(1e-5);
    const bytes = await readFile(path);
    expect(checkOnnx(bytes)).toEqual([]);
    expect(decodeModel(bytes)).toMatchObject({
      opsetImport: [{ domain: "", version: 20 }],
      graph: { input: [{ name: "x" }], output: [{ name: "y" }] },
    });
    expect(bytes.includes("FusedMatMul")).toBe(false);
  });

  it("writes weights beside where it is told to, each on a page of its own", async () => {
    const path = join(folder, "beside.onnx");
    const data = `${path}.data`;
    expect(await exportModel({ y }, path, { weights, weightsBeside: true })).toEqual([path, data]);
    expect(largestError(Float64Array.from(await outputOf(path)), expected)).toBeLessThan(1e-5);
    expect(checkOnnx(await readFile(path))).toEqual([]);
    const bytes = await readFile(data);
    expect(bytes.length).toBe(4096 + 20);
    expect(new Float32Array(bytes.buffer, bytes.byteOffset, 20)).toEqual(weights["blocks.0.weight"]);
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("leaves inputs without weights to be fed, and refuses weights that do not fit", async () => {
    const path = join(folder, "some.onnx");
    await exportModel({ y }, path, { weights: { bias: weights.bias } });
    const session = await InferenceSession.create(path);
    expect([...session.inputNames].sort()).toEqual(["blocks_0_weight", "x"]);
    await session.release();
    const refuses = (given: Record<string, Float32Array | Int32Array>, message: RegExp) =>
      expect(exportModel({ y }, path, { weights: given })).rejects.toThrow(message);
    await refuses({ biass: weights.bias }, /unknown input "biass".*"bias"/);
    await refuses({ bias: new Float32Array(4) }, /"bias".*5 elements, found 4/);
    await refuses({ bias: new Int32Array(5) }, /needs a Float32Array, found Int32Array/);
    await expect(exportModel({}, path, { weights: {} })).rejects.toThrow(/no outputs/);
  });
});

describe("saveModel", () => {
  it("writes what was compiled, whole or not at all", async () => {
    const path = join(folder, "compiled.onnx");
    const compiled = compile({ y: network().y });
    await saveModel(compiled, path);
    expect(new Uint8Array(await readFile(path))).toEqual(compiled.onnx);
    await expect(saveModel(compiled, join(folder, "nowhere", "x.onnx"))).rejects.toMatchObject({
      code: "ENOENT",
    });
  });
});
