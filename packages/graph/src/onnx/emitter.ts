import { GraphError } from "../errors/errors.js";
import { Identifiers } from "../errors/names.js";
import type { Emitter, OnnxNodeOptions } from "../tensor/operator.js";
import { elementCount, type Shape } from "../tensor/shape.js";
import type { DType, Source, Tensor, TensorType } from "../tensor/tensor.js";
import {
  encodeElements,
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxValue,
} from "./model.js";

/** Constants up to this many elements are compared with each other, so that equal ones are stored once. */
const shareableElements = 4096;

/** Builds an ONNX graph vertex by vertex. */
export class GraphEmitter implements Emitter {
  readonly #names = new Identifiers();
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: OnnxInitializer[] = [];
  readonly #shared = new Map<string, string>();
  readonly #inputs: OnnxValue[] = [];
  readonly #nameOf = new Map<Tensor, string>();
  /** Names of inputs, and of those that became weights, by their titles. */
  readonly #nameOfInput = new Map<string, string>();

  constructor(readonly portable = false) {}

  /**
   * Declares an input of the graph; inputs come before everything else, so that their names stay their own.
   */
  input(title: string, type: TensorType): void {
    const name = this.#names.unique(title);
    this.#nameOfInput.set(title, name);
    this.#inputs.push({ name, title, shape: type.shape, dtype: type.dtype });
  }

  /** Fixes an input's value: a weight of the model, little-endian and row-major. Like {@link input}, first. */
  weight(title: string, type: TensorType, bytes: Uint8Array): void {
    const name = this.#names.unique(title);
    this.#nameOfInput.set(title, name);
    this.#initializers.push({ name, shape: type.shape, dtype: type.dtype, bytes, isWeight: true });
  }

  node(opType: string, inputs: readonly string[], options?: OnnxNodeOptions): string {
    return this.nodes(opType, inputs, 1, options)[0] ?? "";
  }

  nodes(
    opType: string,
    inputs: readonly string[],
    outputCount: number,
    options: OnnxNodeOptions = {},
  ): string[] {
    const outputs = Array.from({ length: outputCount }, () => this.#names.unique(opType));
    this.#nodes.push({
      opType,
      domain: options.domain ?? "",
      inputs,
      outputs,
      attributes: options.attributes ?? {},
    });
    return outputs;
  }

  constant(values: ArrayLike<number>, shape: Shape, dtype: DType): string {
    const count = elementCount(shape);
    if (values.length !== count) {
      throw new GraphError(
        "misuse",
        `a constant of shape [${shape.join(", ")}] needs ${count} elements, found ${values.length}`,
        "Correct the operator's toOnnx",
      );
    }
    const bytes = encodeElements(values, dtype);
    const key = count > shareableElements ? undefined : `${dtype}[${shape.join()}]${bytes.join()}`;
    const known = key === undefined ? undefined : this.#shared.get(key);
    if (known !== undefined) return known;
    const name = this.#names.unique("constant");
    this.#initializers.push({ name, shape, dtype, bytes, isWeight: false });
    if (key !== undefined) this.#shared.set(key, name);
    return name;
  }

  /** Emits a vertex whose inputs are already emitted. */
  source(source: Source): void {
    if (source.kind === "operation") {
      const inputs = source.inputs.map((tensor) => this.#name(tensor));
      const names = source.operator.toOnnx(this, inputs, source);
      source.outputs.forEach((tensor) => {
        const name = names[tensor.index];
        if (name !== undefined) this.#nameOf.set(tensor, name);
      });
      return;
    }
    for (const tensor of source.outputs) {
      const name =
        source.kind === "input"
          ? this.#nameOfInput.get(source.name)
          : this.constant(source.data, tensor.shape, tensor.dtype);
      if (name !== undefined) this.#nameOf.set(tensor, name);
    }
  }

  /** The finished graph, with the given tensors as its outputs. */
  finish(outputs: Readonly<Record<string, Tensor>>): OnnxGraph {
    const renamed = new Map<string, string>();
    const produced = new Set(this.#nodes.flatMap((node) => node.outputs));
    const values = Object.entries(outputs).map(([title, tensor]): OnnxValue => {
      const source = this.#name(tensor);
      const value = { name: this.#names.unique(title), title, shape: tensor.shape, dtype: tensor.dtype };
      // A node's result takes the output's name; an input, a constant or a second output of one result needs
      // a copy.
      if (produced.has(source) && !renamed.has(source)) renamed.set(source, value.name);
      else
        this.#nodes.push({
          opType: "Identity",
          domain: "",
          inputs: [source],
          outputs: [value.name],
          attributes: {},
        });
      return value;
    });
    const rename = (name: string) => renamed.get(name) ?? name;
    return {
      nodes: this.#nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map(rename),
        outputs: node.outputs.map(rename),
      })),
      initializers: this.#initializers,
      inputs: this.#inputs,
      outputs: values,
    };
  }

  #name(tensor: Tensor): string {
    const name = this.#nameOf.get(tensor);
    if (name !== undefined) return name;
    const { source } = tensor;
    const what = source.kind === "operation" ? source.operator.name : source.kind;
    throw new GraphError(
      "misuse",
      `${what}: no ONNX name for output ${tensor.index}`,
      "Return one name per output from the operator's toOnnx",
    );
  }
}
