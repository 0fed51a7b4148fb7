import { type FunctionEncoder, type SimdInstruction, simd, v128 } from "./encoder.js";
import type { ElementOperator, LoweredPhase } from "./lower.js";

/** Operators that are one instruction of four lanes, by their operands in order. */
const instructions: Readonly<Partial<Record<ElementOperator, SimdInstruction>>> = {
  add: simd.f32x4Add,
  subtract: simd.f32x4Subtract,
  multiply: simd.f32x4Multiply,
  divide: simd.f32x4Divide,
  smaller: simd.f32x4PseudoMinimum,
  larger: simd.f32x4PseudoMaximum,
  negate: simd.f32x4Negate,
  absolute: simd.f32x4Absolute,
  squareRoot: simd.f32x4SquareRoot,
  floor: simd.f32x4Floor,
  nearest: simd.f32x4Nearest,
  equal: simd.f32x4Equal,
  notEqual: simd.f32x4NotEqual,
  greater: simd.f32x4Greater,
  greaterEqual: simd.f32x4GreaterEqual,
  and: simd.and,
  andNot: simd.andNot,
  or: simd.or,
  bitsAdd: simd.i32x4Add,
  bitsSubtract: simd.i32x4Subtract,
  fromBits: simd.f32x4FromIntegers,
};

/** The bits of a float32 number below its exponent. */
const mantissaBits = 23;

/**
 * Emits one copy of the loop's body, four elements at a byte offset from the pointers: nodes used twice are
 * kept in locals, the others stay on the stack.
 */
export class ElementEmitter {
  readonly #code: FunctionEncoder;
  readonly #phase: LoweredPhase;
  readonly #pointers: ReadonlyMap<string, number>;
  readonly #scalars: readonly number[];
  readonly #offset: number;
  readonly #uses: readonly number[];
  /** By node: the local that keeps it, where it needs one. */
  readonly #locals = new Map<number, number>();
  #done = new Set<number>();
  #single = false;

  constructor(
    code: FunctionEncoder,
    phase: LoweredPhase,
    pointers: ReadonlyMap<string, number>,
    scalars: readonly number[],
    offset: number,
  ) {
    this.#code = code;
    this.#phase = phase;
    this.#pointers = pointers;
    this.#scalars = scalars;
    this.#offset = offset;
    const uses = phase.nodes.map(() => 0);
    const use = (node: number) => {
      uses[node] = (uses[node] ?? 0) + 1;
    };
    for (const node of phase.nodes) if (node.kind === "operation") node.operands.forEach(use);
    for (const { node } of phase.stores) use(node);
    for (const { operands } of phase.sums) operands.forEach(use);
    this.#uses = uses;
  }

  /** Starts anew; `single`: one element instead of four. */
  begin(single: boolean): void {
    this.#single = single;
    this.#done.clear();
  }

  /** Computes nodes into locals. */
  materialise(nodes: readonly number[]): readonly number[] {
    return nodes.map((node) => {
      this.#value(node);
      const local = this.#localOf(node);
      this.#code.set(local);
      this.#done.add(node);
      return local;
    });
  }

  /** Computes a node's operand into a global. */
  leave(node: number, global: number): void {
    for (const operand of this.#operands(node)) this.#value(operand);
    this.#code.setGlobal(global);
  }

  /** Takes a node's value from the global where it was left. */
  resume(node: number, global: number): void {
    this.#code.getGlobal(global);
    this.#code.set(this.#localOf(node));
    this.#done.add(node);
  }

  /**
   * Takes what is ordinarily the value of a node with exceptions; the local that says in which lanes it is
   * not.
   */
  assume(node: number): number {
    const [exceptional = 0, , ordinary = 0] = this.#operands(node);
    const [mask = 0] = this.materialise([exceptional]);
    this.#value(ordinary);
    this.#code.set(this.#localOf(node));
    this.#done.add(node);
    return mask;
  }

  /** Puts the exceptions right; what is computed for that is not known afterwards. */
  correct(node: number, mask: number): void {
    const [, exception = 0] = this.#operands(node);
    const before = new Set(this.#done);
    this.#value(exception);
    this.#done = before;
    this.#code.get(this.#localOf(node));
    this.#code.get(mask);
    this.#code.simd(simd.bitSelect);
    this.#code.set(this.#localOf(node));
  }

  /** Stores values, of the phase's stores in order. */
  store(values: readonly number[]): void {
    this.#phase.stores.forEach(({ array }, index) => {
      this.#code.get(this.#pointer(array));
      this.#code.get(values[index] ?? 0);
      if (this.#single) this.#code.v128StoreLane0(this.#offset);
      else this.#code.v128Store(this.#offset);
    });
  }

  #operands(index: number): readonly number[] {
    const node = this.#phase.nodes[index];
    return node?.kind === "operation" ? node.operands : [];
  }

  #localOf(node: number): number {
    const existing = this.#locals.get(node);
    if (existing !== undefined) return existing;
    const local = this.#code.local(v128);
    this.#locals.set(node, local);
    return local;
  }

  #pointer(array: string): number {
    const pointer = this.#pointers.get(array);
    if (pointer === undefined) throw new Error(`internal: no address for ${array}`);
    return pointer;
  }

  /** Leaves the node's value on the stack. */
  #value(index: number): void {
    const node = this.#phase.nodes[index];
    if (node === undefined) throw new Error(`internal: no node ${index}`);
    if (node.kind === "scalar") {
      this.#code.get(this.#scalars[node.input] ?? 0);
      return;
    }
    if (this.#done.has(index)) {
      this.#code.get(this.#localOf(index));
      return;
    }
    if (node.kind === "load") {
      this.#code.get(this.#pointer(node.array));
      if (this.#single) this.#code.v128LoadLane0(this.#offset);
      else this.#code.v128Load(this.#offset);
    } else {
      this.#operation(node.operator, node.operands);
    }
    if ((this.#uses[index] ?? 0) > 1) {
      this.#code.tee(this.#localOf(index));
      this.#done.add(index);
    }
  }

  #operation(operator: ElementOperator, operands: readonly number[]): void {
    const instruction = instructions[operator];
    if (operator === "select") {
      const [mask = 0, whenTrue = 0, whenFalse = 0] = operands;
      for (const operand of [whenTrue, whenFalse, mask]) this.#value(operand);
      this.#code.simd(simd.bitSelect);
      return;
    }
    for (const operand of operands) this.#value(operand);
    if (instruction !== undefined) {
      this.#code.simd(instruction);
    } else if (operator === "toExponent") {
      this.#code.i32Constant(mantissaBits);
      this.#code.simd(simd.i32x4ShiftLeft);
    } else {
      throw new Error(`internal: ${operator} stands where it is not put right`);
    }
  }
}
