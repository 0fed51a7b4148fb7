import { expect, test } from "vitest";
import { encodeModel, type OnnxGraph } from "../src/onnx/model.js";
import { checkOnnx } from "./onnxChecker.js";

const float = { dtype: "float32", shape: [2] } as const;
const constant = { ...float, name: "c", isWeight: false };
const sound: OnnxGraph = {
  inputs: [{ name: "x", title: "x", ...float }],
  outputs: [{ name: "y", title: "y", ...float }],
  initializers: [{ ...constant, bytes: new Uint8Array(8) }],
  nodes: [
    { opType: "Add", domain: "", inputs: ["x", "c"], outputs: ["t"], attributes: {} },
    { opType: "Softmax", domain: "", inputs: ["t"], outputs: ["y"], attributes: { axis: { int: 0 } } },
  ],
};
const [first, second] = sound.nodes;
if (first === undefined || second === undefined) throw new Error("there are two nodes");

test("accepts a sound model", () => {
  expect(checkOnnx(encodeModel(sound))).toEqual([]);
});

test.each<[string, Partial<OnnxGraph>, RegExp]>([
  ["nodes out of order", { nodes: [second, first] }, /"y" uses "t" before it is defined/],
  ["a name defined twice", { nodes: [first, { ...first, outputs: ["x"] }, second] }, /"x" is defined twice/],
  ["an input that nothing defines", { nodes: [{ ...first, inputs: ["x", "z"] }, second] }, /uses "z" before/],
  ["an output that nothing computes", { nodes: [first] }, /output "y" is not computed/],
  [
    "a name that is no identifier",
    { nodes: [{ ...first, outputs: ["a.b"] }, second] },
    /"a.b" is not a C identifier/,
  ],
  [
    "a constant of another size",
    { initializers: [{ ...constant, bytes: new Uint8Array(4) }] },
    /has 4 bytes/,
  ],
  ["no outputs", { outputs: [] }, /no outputs/],
])("finds %s", (_, change, problem) => {
  expect(checkOnnx(encodeModel({ ...sound, ...change })).join("\n")).toMatch(problem);
});
