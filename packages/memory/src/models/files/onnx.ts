import { GraphError, type ReadConstant, type ReadNode, typesOf } from "@steepest/graph";
import { elementCount, type ParameterRole, type ParameterSpec, SteepestError } from "@steepest/optim";
import { type Architecture, type MemoryModel, parameterSpec, type SavedElements } from "../model.js";
import { withOpenFile } from "./openFile.js";
import { type Span, WireReader } from "./wire.js";

/*
 * What the planner needs of an ONNX file: shapes of the initialisers, and of the values between operations
 * where the file has them. Field numbers are those of
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 */

/** Numbers of TensorProto.DataType that are floating-point. */
const floatTypes = new Set([1, 10, 11, 16]);

/** A dimension of a value; undefined where it is a name, such as the batch. */
type Dimensions = readonly (number | undefined)[];

interface OnnxTensor extends ReadConstant {
  readonly name: string;
}

interface OnnxValueInfo {
  readonly name: string;
  readonly elementType: number;
  readonly dimensions: Dimensions;
}

interface OnnxContents {
  readonly nodes: ReadNode[];
  readonly initialisers: OnnxTensor[];
  /** Outputs of nodes that are constants. */
  readonly constants: OnnxTensor[];
  readonly inputs: OnnxValueInfo[];
  readonly outputs: OnnxValueInfo[];
  readonly values: OnnxValueInfo[];
}

/**
 * The model in an ONNX file: floating-point initialisers are its parameters, the outputs of its operations what
 * a backward pass would keep.
 * @throws SteepestError `unavailable` where it cannot be read, `malformed-file` where it is no ONNX file or has
 *   no parameters
 */
export function readOnnxModel(path: string): MemoryModel {
  return withOpenFile(path, (file) => {
    const contents = readContents(new WireReader(file));
    const roles = rolesOf(contents.nodes);
    const parameters = contents.initialisers.flatMap(({ name, shape, elementType }): ParameterSpec[] => {
      const role = roles.get(name);
      return !floatTypes.has(elementType) || shape.length === 0 || role === "statistics"
        ? []
        : [parameterSpec(name, shape, role ?? (shape.length < 2 ? "bias" : "hiddenMatrix"))];
    });
    if (parameters.length === 0)
      throw new SteepestError(
        "malformed-file",
        `${path} has no initialisers that could be parameters`,
        "Name a model's .onnx file with its weights as initialisers",
      );
    const names = new Set(parameters.map(({ name }) => name));
    if (names.size < parameters.length)
      throw new SteepestError("malformed-file", `${path} names an initialiser twice`, "Export it again");
    return {
      ...{ name: path, parameters, blocks: [], notes: [] },
      architecture: architectureOf(contents, names),
    };
  });
}

function readContents(reader: WireReader): OnnxContents {
  const contents: OnnxContents = {
    ...{ nodes: [], initialisers: [], constants: [], inputs: [], outputs: [], values: [] },
  };
  for (const graph of nested(reader, reader.whole, graphField)) readGraph(reader, graph, contents);
  return contents;
}

/** Of ModelProto. */
const graphField = 7;

function readGraph(reader: WireReader, graph: Span, contents: OnnxContents): void {
  for (const field of reader.fields(graph)) {
    if (field.kind !== "bytes") continue;
    if (field.id === 1) readNode(reader, field, contents);
    else if (field.id === 5) contents.initialisers.push(readTensor(reader, field));
    else if (field.id === 11) contents.inputs.push(readValue(reader, field));
    else if (field.id === 12) contents.outputs.push(readValue(reader, field));
    else if (field.id === 13) contents.values.push(readValue(reader, field));
  }
}

function readNode(reader: WireReader, span: Span, contents: OnnxContents): void {
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const integers = new Map<string, readonly number[]>();
  let [name, opType, domain] = ["", "", ""];
  let value: OnnxTensor | undefined;
  for (const field of reader.fields(span)) {
    if (field.kind !== "bytes") continue;
    if (field.id === 1) inputs.push(reader.text(field));
    else if (field.id === 2) outputs.push(reader.text(field));
    else if (field.id === 3) name = reader.text(field);
    else if (field.id === 4) opType = reader.text(field);
    else if (field.id === 5) value = readAttribute(reader, field, integers) ?? value;
    else if (field.id === 7) domain = reader.text(field);
  }
  const [output] = outputs;
  if (opType === "Constant" && value !== undefined && output !== undefined)
    contents.constants.push({ ...value, name: output });
  else contents.nodes.push({ name, opType, domain, inputs, outputs, integers });
}

/** Notes integers; gives the tensor of an attribute that has one. */
function readAttribute(
  reader: WireReader,
  span: Span,
  integers: Map<string, readonly number[]>,
): OnnxTensor | undefined {
  const values: number[] = [];
  let name = "";
  let tensor: OnnxTensor | undefined;
  for (const field of reader.fields(span)) {
    if (field.id === 1 && field.kind === "bytes") name = reader.text(field);
    else if (field.id === 3 && field.kind === "number") values.push(signed(field.value));
    else if (field.id === 5 && field.kind === "bytes") tensor = readTensor(reader, field);
    else if (field.id === 8)
      values.push(...(field.kind === "number" ? [field.value] : reader.packed(field)).map(signed));
  }
  if (values.length > 0) integers.set(name, values);
  return tensor;
}

/** Integers below 0 are written as those of 64 bits. */
const signed = (value: number): number => (value >= 2 ** 63 ? value - 2 ** 64 : value);

/** Integer constants of so many elements are read: axes and sizes. */
const shortList = 64;
const int64 = 7;

function readTensor(reader: WireReader, span: Span): OnnxTensor {
  const shape: number[] = [];
  const integers: number[] = [];
  let name = "";
  let elementType = 0;
  let raw: Span | undefined;
  for (const field of reader.fields(span)) {
    if (field.id === 1) shape.push(...(field.kind === "number" ? [field.value] : reader.packed(field)));
    else if (field.id === 2 && field.kind === "number") elementType = field.value;
    else if (field.id === 7 && integers.length <= shortList)
      integers.push(...(field.kind === "number" ? [field.value] : reader.packed(field)).map(signed));
    else if (field.id === 8 && field.kind === "bytes") name = reader.text(field);
    else if (field.id === 9 && field.kind === "bytes") raw = field;
  }
  const count = elementCount(shape);
  if (
    shape.length > shortList ||
    !shape.every((size) => Number.isSafeInteger(size)) ||
    !Number.isSafeInteger(count)
  )
    throw new SteepestError(
      "malformed-file",
      `the initialiser ${JSON.stringify(name)} has the shape [${shape.join(", ")}]`,
      "Export the model again",
    );
  if (elementType !== int64 || count > shortList) return { name, shape, elementType };
  const read = raw === undefined ? integers : reader.integers(raw);
  return read.length === count ? { name, shape, elementType, integers: read } : { name, shape, elementType };
}

/** ValueInfoProto: name, TypeProto.tensor_type with element type and shape. */
function readValue(reader: WireReader, span: Span): OnnxValueInfo {
  const dimensions: (number | undefined)[] = [];
  let name = "";
  let elementType = 0;
  for (const field of reader.fields(span)) {
    if (field.kind !== "bytes") continue;
    if (field.id === 1) name = reader.text(field);
    if (field.id !== 2) continue;
    for (const tensor of nested(reader, field, 1))
      for (const part of reader.fields(tensor)) {
        if (part.id === 1 && part.kind === "number") elementType = part.value;
        if (part.id !== 2 || part.kind !== "bytes") continue;
        for (const dimension of nested(reader, part, 1)) dimensions.push(sizeOf(reader, dimension));
      }
  }
  return { name, elementType, dimensions };
}

function* nested(reader: WireReader, span: Span, id: number): Generator<Span> {
  for (const field of reader.fields(span)) if (field.id === id && field.kind === "bytes") yield field;
}

function sizeOf(reader: WireReader, span: Span): number | undefined {
  for (const field of reader.fields(span)) if (field.id === 1 && field.kind === "number") return field.value;
  return undefined;
}

/** What initialisers are, from the operations that read them. */
function rolesOf(nodes: readonly ReadNode[]): ReadonlyMap<string, ParameterRole | "statistics"> {
  const roles = new Map<string, ParameterRole | "statistics">();
  const norms = /^(Layer|Batch|Group|Instance|SimplifiedLayer|RMS|SkipLayer).*Norm/;
  for (const { opType: type, inputs } of nodes) {
    const [first, second, third, mean, variance] = inputs;
    const set = (name: string | undefined, role: ParameterRole | "statistics") => {
      if (name !== undefined && name !== "") roles.set(name, role);
    };
    if (type === "Gather") set(first, "embedding");
    else if (type === "Conv" || type === "ConvTranspose") set(second, "convolution");
    else if (norms.test(type)) {
      set(second, "norm");
      set(third, "norm");
      // Running averages, which no gradient changes.
      if (type === "BatchNormalization") for (const name of [mean, variance]) set(name, "statistics");
    }
  }
  return roles;
}

/** Kinds of operations that are listed by themselves. */
const mostKinds = 8;

/** The outputs of operations by the type of operation, for each example. */
function architectureOf(contents: OnnxContents, parameters: ReadonlySet<string>): Architecture {
  const { nodes, inputs, outputs, values } = contents;
  const named = new Map([...values, ...outputs].map((value) => [value.name, value]));
  const isComplete = nodes.every((node) => node.outputs.every((name) => name === "" || named.has(name)));
  const inferred = isComplete ? named : inferredValues(contents, parameters);
  if (typeof inferred === "string") return { kind: "unknown", reason: inferred };
  const known = new Map([...inferred, ...named]);
  const data = inputs.filter(({ name }) => !parameters.has(name));
  const batch = data[0]?.dimensions[0] ?? 1;
  const kinds = new Map<string, number>();
  let missing = 0;
  const perExample = ({ dimensions }: OnnxValueInfo): number | undefined => {
    const [first = batch, ...rest] = dimensions;
    const sizes = rest.map((size) => size ?? Number.NaN);
    const elements = (first * elementCount(sizes)) / batch;
    return Number.isFinite(elements) ? elements : undefined;
  };
  const isOutput = new Set(outputs.map(({ name }) => name));
  for (const { opType: type, outputs: made } of nodes)
    for (const name of made) {
      if (name === "" || isOutput.has(name)) continue;
      const value = known.get(name);
      const elements = value === undefined ? undefined : perExample(value);
      if (elements === undefined) missing++;
      else if (value !== undefined && floatTypes.has(value.elementType))
        kinds.set(type, (kinds.get(type) ?? 0) + elements);
    }
  if (missing > 0)
    return {
      kind: "unknown",
      reason: `${missing} of the file's values have sizes that are not fixed, beside the batch`,
    };
  const sorted = [...kinds].sort(([, a], [, b]) => b - a);
  const rest = sorted.slice(mostKinds).reduce((sum, [, elements]) => sum + elements, 0);
  const saved: readonly SavedElements[] = [
    { name: "inputs", elements: data.reduce((sum, value) => sum + (perExample(value) ?? 0), 0) },
    ...sorted.slice(0, mostKinds).map(([type, elements]) => ({ name: `outputs of ${type}`, elements })),
    ...(rest > 0 ? [{ name: "outputs of other operations", elements: rest }] : []),
  ];
  return {
    kind: "layered",
    saved,
    outputs: outputs.reduce((sum, value) => sum + (perExample(value) ?? 0), 0),
  };
}

/** The values of all operations from the inputs' shapes, a batch of unknown size as 1; else why not. */
function inferredValues(
  { nodes, initialisers, constants, inputs }: OnnxContents,
  parameters: ReadonlySet<string>,
): ReadonlyMap<string, OnnxValueInfo> | string {
  const fed = inputs.filter(({ name }) => !parameters.has(name));
  const open = fed.find(({ dimensions }) => dimensions.slice(1).some((size) => size === undefined));
  if (open !== undefined) return `the input "${open.name}" has a size, beside the batch, that is not fixed`;
  try {
    const types = typesOf({
      ...{ nodes, outputs: [] },
      constants: new Map([...initialisers, ...constants].map((tensor) => [tensor.name, tensor])),
      inputs: new Map(
        fed.map(({ name, elementType, dimensions }) => [
          name,
          { elementType, shape: dimensions.map((size) => size ?? 1) },
        ]),
      ),
    });
    return new Map(
      [...types].map(([name, { elementType, shape }]) => [name, { name, elementType, dimensions: shape }]),
    );
  } catch (error) {
    if (error instanceof GraphError)
      return `the file does not say the shapes of its values, and ${problemOf(error)} (onnx.shape_inference adds them)`;
    throw error;
  }
}

/** What an error found, without the place in our code and the fix, which is another here. */
const problemOf = ({ message, location, fix }: GraphError): string =>
  message.split(location === undefined ? `. ${fix}` : ` (at ${location})`)[0] ?? message;
