import { decodeModel } from "../src/onnx/model.js";

/**
 * The rules of the ONNX checker (onnx/checker.cc) and of its IR specification that can be told without a
 * schema of every operator, applied to a serialized model. Returns what is wrong, one line each.
 */
export function checkOnnx(bytes: Uint8Array): string[] {
  const problems: string[] = [];
  const expect = (condition: boolean, problem: string) => {
    if (!condition) problems.push(problem);
  };
  const model = message(decodeModel(bytes));

  expect(number(model.irVersion) >= 3 && number(model.irVersion) <= 13, `ir_version ${model.irVersion}`);
  const imports = new Map(
    list(model.opsetImport).map((entry) => [text(entry.domain), number(entry.version)]),
  );
  expect(imports.size === list(model.opsetImport).length, "a domain is imported twice");
  // IR version 9 belongs to ONNX 1.15, whose newest opset is 20.
  expect(
    (imports.get("") ?? 0) >= 13 && (imports.get("") ?? 0) <= 20,
    `opset ${imports.get("")} with IR version 9`,
  );

  const graph = message(model.graph);
  expect(isIdentifier(text(graph.name)), `graph name "${graph.name}"`);
  const defined = new Set<string>();
  const define = (name: string, what: string) => {
    expect(isIdentifier(name), `${what} "${name}" is not a C identifier`);
    expect(!defined.has(name), `${what} "${name}" is defined twice`);
    defined.add(name);
  };

  const inputs = list(graph.input);
  const outputs = list(graph.output);
  for (const value of [...inputs, ...outputs]) problems.push(...checkValue(value));
  for (const value of inputs) define(text(value.name), "input");
  for (const tensor of list(graph.initializer)) {
    define(text(tensor.name), "initializer");
    problems.push(...checkTensor(tensor));
  }
  const nodeNames = new Set<string>();
  for (const node of list(graph.node)) {
    const name = text(node.name);
    expect(isIdentifier(name) && !nodeNames.has(name), `node name "${name}" is invalid or not unique`);
    nodeNames.add(name);
    expect(text(node.opType) !== "", `node "${name}" has no operator`);
    expect(imports.has(text(node.domain)), `node "${name}": domain "${node.domain}" is not imported`);
    for (const input of strings(node.input)) {
      expect(input === "" || defined.has(input), `node "${name}" uses "${input}" before it is defined`);
    }
    expect(strings(node.output).length > 0, `node "${name}" has no output`);
    for (const output of strings(node.output)) define(output, "node output");
    const attributes = list(node.attribute);
    expect(
      new Set(attributes.map((a) => a.name)).size === attributes.length,
      `node "${name}" repeats an attribute`,
    );
    for (const attribute of attributes) problems.push(...checkAttribute(name, attribute));
  }
  expect(outputs.length > 0, "the graph has no outputs");
  const outputNames = outputs.map((output) => text(output.name));
  expect(new Set(outputNames).size === outputNames.length, "an output is listed twice");
  for (const name of outputNames) expect(defined.has(name), `output "${name}" is not computed`);
  return problems;
}

const bytesPerElement: Readonly<Record<number, number>> = { 1: 4, 2: 1, 6: 4, 7: 8, 9: 1 };

function checkValue(value: Message): string[] {
  const tensorType = message(message(value.type).tensorType);
  const known = number(tensorType.elemType) in bytesPerElement;
  const dims = list(message(tensorType.shape).dim).map((dim) => number(dim.dimValue));
  return known && dims.every((dim) => Number.isInteger(dim) && dim >= 0)
    ? []
    : [`"${value.name}" has no type or shape`];
}

function checkTensor(tensor: Message): string[] {
  const dims = Array.isArray(tensor.dims) ? tensor.dims.map(number) : [];
  const expected = dims.reduce((a, b) => a * b, 1) * (bytesPerElement[number(tensor.dataType)] ?? Number.NaN);
  // TensorProto.DataLocation.EXTERNAL: the elements lie in another file.
  const place = new Map(list(tensor.externalData).map(({ key, value }) => [text(key), text(value)]));
  const actual =
    tensor.dataLocation === 1
      ? Number(place.get("length"))
      : tensor.rawData instanceof Uint8Array
        ? tensor.rawData.length
        : -1;
  return actual === expected
    ? []
    : [`initializer "${tensor.name}" has ${actual} bytes, expected ${expected}`];
}

/** Each AttributeProto.AttributeType that we use, with the one field that may be set. */
const fieldOfType: Readonly<Record<number, string>> = { 1: "f", 2: "i", 3: "s", 6: "floats", 7: "ints" };

function checkAttribute(node: string, attribute: Message): string[] {
  const field = fieldOfType[number(attribute.type)] ?? "";
  const filled = Object.values(fieldOfType).filter((name) => {
    const value = attribute[name];
    return Array.isArray(value) ? value.length > 0 : value !== undefined;
  });
  const isList = field === "ints" || field === "floats";
  const valid = filled.every((name) => name === field) && (isList || filled.length === 1);
  return valid && text(attribute.name) !== ""
    ? []
    : [`node "${node}": attribute "${attribute.name}" is ill-typed`];
}

type Message = Readonly<Record<string, unknown>>;
const isIdentifier = (name: string) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
const isMessage = (value: unknown): value is Message => typeof value === "object" && value !== null;
const message = (value: unknown): Message => (isMessage(value) ? value : {});
const list = (value: unknown): Message[] => (Array.isArray(value) ? value.filter(isMessage) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(text) : []);
const number = (value: unknown): number => (typeof value === "number" ? value : Number.NaN);
