import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { placeOutside } from "./location.js";

test.each([
  [
    "the user's frame outside the package and its siblings",
    `Error
    at new GraphError (file:///app/node_modules/@steepest/graph/dist/errors.js:9:9)
    at Object.infer (file:///app/node_modules/@steepest/graph/dist/operators/matmul.js:40:11)
    at linear (file:///app/node_modules/@steepest/nn/dist/linear.js:5:5)
    at async train (file:///app/my%20code/train.mjs:12:7)
    at node:internal/main:1:1`,
    "/app/node_modules/@steepest/graph/",
    "/app/my%20code/train.mjs:12:7",
  ],
  [
    "a sibling where the user's frame is not on the stack",
    `Error
    at matmul (/repo/packages/graph/src/operators/matmul.ts:40:11)
    at linear (/repo/packages/nn/src/linear.ts:5:5)`,
    "/repo/packages/graph/",
    "/repo/packages/nn/src/linear.ts:5:5",
  ],
  [
    "a test inside the package",
    "Error\n    at add (/repo/packages/graph/src/add.ts:1:1)\n    at /repo/packages/graph/src/add.test.ts:7:3",
    "/repo/packages/graph/",
    "/repo/packages/graph/src/add.test.ts:7:3",
  ],
  [
    "Windows paths",
    "Error\n    at add (file:///C:/lib/@steepest/graph/dist/add.js:1:1)\n    at run (C:\\code\\a (1)\\run.ts:7:3)",
    "C:/lib/@steepest/graph/",
    "C:/code/a (1)/run.ts:7:3",
  ],
  [
    "the stacks of other engines",
    "add@http://host/node_modules/@steepest/graph/dist/add.js:1:1\nrun@http://host/src/run.js:7:3",
    "http://host/node_modules/@steepest/graph/",
    "http://host/src/run.js:7:3",
  ],
])("finds %s", (_, stack, folder, place) => {
  expect(placeOutside(stack, folder)).toBe(place);
});

test("is undefined without a frame outside", () => {
  expect(placeOutside("Error\n    at node:internal/main:1:1", "/repo/packages/graph/")).toBeUndefined();
});

test("nothing but tests imports Node's modules or ONNX Runtime before they are needed", () => {
  const folder = new URL("..", import.meta.url);
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts") && !name.endsWith(".test.ts"),
  );
  const offenders = sources.filter((name) =>
    /^(?:import|export)[^;]*from "(?:node:|onnxruntime)/m.test(readFileSync(new URL(name, folder), "utf8")),
  );
  expect(sources.length).toBeGreaterThan(20);
  expect(offenders).toEqual([]);
});
