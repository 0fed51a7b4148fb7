import type { Phase } from "../../language/rule.js";
import { encodeModule, FunctionEncoder, f64, i32, type SimdInstruction, simd, v128 } from "./encoder.js";
import { type ElementOperator, type LoweredPhase, type LoweredSum, lowerPhase } from "./lower.js";

/*
 * One function a phase. Its argument is the address of a descriptor, a row of 32-bit words:
 *   [number of elements, address of the scalar inputs, address of the sums, address of each array...]
 * Sixteen elements an iteration keep enough loads in flight to fill the memory bus; a loop over four and a loop over one
 * finish the rest. Every loop computes with the same four-lane instructions (the last with one lane in use), so that an
 * element's bits do not depend on its position.
 */

/** Words of a descriptor before the arrays' addresses. */
export const descriptorHeader = 3;

export interface Kernels {
  readonly module: WebAssembly.Module;
  readonly phases: readonly LoweredPhase[];
}

/** Compiles the phases of a rule; `arrays` is the order of addresses in descriptors. */
export function generateKernels(rule: string, phases: readonly Phase[], arrays: readonly string[]): Kernels {
  const lowered = phases.map((phase) => lowerPhase(rule, phase));
  const functions = lowered.map((phase) => generatePhase(phase, arrays));
  return { module: new WebAssembly.Module(encodeModule(functions)), phases: lowered };
}

const lanes = 4;
const unroll = 4;
const laneBytes = 4;

function generatePhase(phase: LoweredPhase, arrays: readonly string[]): FunctionEncoder {
  const code = new FunctionEncoder();
  const descriptor = 0;
  const word = (index: number) => {
    code.get(descriptor);
    code.i32Load(index * 4);
  };
  const remaining = code.local(i32);
  word(0);
  code.set(remaining);

  const used = new Set([
    ...phase.nodes.flatMap((node) => (node.kind === "load" ? [node.array] : [])),
    ...phase.stores.map(({ array }) => array),
  ]);
  const pointers = new Map<string, number>();
  arrays.forEach((array, index) => {
    if (!used.has(array)) return;
    const pointer = code.local(i32);
    word(descriptorHeader + index);
    code.set(pointer);
    pointers.set(array, pointer);
  });

  const scalars = phase.scalarInputs.map((_, input) => {
    const local = code.local(v128);
    word(1);
    code.v128LoadSplat(input * laneBytes);
    code.set(local);
    return local;
  });

  // By copy of the loop's body: the sums of lanes 0 and 1 and of lanes 2 and 3 in float64, or of all four in float32.
  const accumulators = phase.sums.map(({ term }) => ({
    copies: Array.from({ length: unroll }, () =>
      Array.from({ length: term === "zeroOrNaN" ? 1 : 2 }, () => code.local(v128)),
    ),
    single: code.local(f64),
  }));

  const emitter = new ElementEmitter(code, phase, pointers, scalars);

  const vectorStep = (copy: number) => {
    emitter.begin(copy * lanes * laneBytes, false);
    phase.sums.forEach((sum, index) => {
      const operands = emitter.materialise(sum);
      accumulators[index]?.copies[copy]?.forEach((accumulator, half) => {
        if (sum.term === "zeroOrNaN") for (const local of operands) code.get(local);
        else emitter.term(sum, operands, half === 0 ? 0 : 1);
        code.get(accumulator);
        code.simd(additionOf(sum));
        code.set(accumulator);
      });
    });
    emitter.stores();
  };
  const advance = (elements: number) => {
    for (const pointer of [...pointers.values()]) {
      code.get(pointer);
      code.i32Constant(elements * laneBytes);
      code.i32Add();
      code.set(pointer);
    }
    code.get(remaining);
    code.i32Constant(-elements);
    code.i32Add();
    code.set(remaining);
  };

  code.whileAtLeast(remaining, lanes * unroll, () => {
    for (let copy = 0; copy < unroll; copy++) vectorStep(copy);
    advance(lanes * unroll);
  });
  code.whileAtLeast(remaining, lanes, () => {
    vectorStep(0);
    advance(lanes);
  });
  code.whileAtLeast(remaining, 1, () => {
    emitter.begin(0, true);
    phase.sums.forEach((sum, index) => {
      const single = accumulators[index]?.single;
      if (single === undefined) return;
      emitter.term(sum, emitter.materialise(sum), 0);
      code.f64x2ExtractLane(0);
      code.get(single);
      code.f64Add();
      code.set(single);
    });
    emitter.stores();
    advance(1);
  });

  phase.sums.forEach((sum, index) => {
    const { copies = [], single = 0 } = accumulators[index] ?? {};
    word(2);
    copies.flat().forEach((accumulator, position) => {
      code.get(accumulator);
      if (position > 0) code.simd(additionOf(sum));
    });
    const vector = code.local(v128);
    if (sum.term === "zeroOrNaN") {
      code.tee(vector);
      code.simd(simd.promoteLow);
      code.get(vector);
      code.upperHalf(vector);
      code.simd(simd.promoteLow);
      code.simd(simd.f64x2Add);
    }
    code.tee(vector);
    code.f64x2ExtractLane(0);
    code.get(vector);
    code.f64x2ExtractLane(1);
    code.f64Add();
    code.get(single);
    code.f64Add();
    code.f64Store(index * 8);
  });
  return code;
}

/** Adds two of a sum's accumulators. */
const additionOf = ({ term }: LoweredSum): SimdInstruction =>
  term === "zeroOrNaN" ? simd.f32x4Add : simd.f64x2Add;

const direct: Readonly<Partial<Record<ElementOperator, SimdInstruction>>> = {
  add: simd.f32x4Add,
  subtract: simd.f32x4Subtract,
  multiply: simd.f32x4Multiply,
  divide: simd.f32x4Divide,
  minimum: simd.f32x4Minimum,
  maximum: simd.f32x4Maximum,
  negate: simd.f32x4Negate,
  absolute: simd.f32x4Absolute,
  squareRoot: simd.f32x4SquareRoot,
  floor: simd.f32x4Floor,
  nearest: simd.f32x4Nearest,
};

const comparison: Readonly<Partial<Record<ElementOperator, SimdInstruction>>> = {
  selectEqual: simd.f32x4Equal,
  selectGreater: simd.f32x4Greater,
  selectGreaterEqual: simd.f32x4GreaterEqual,
};

/** The layout of a float32 number, and the bits of √½. */
const mantissaBits = 23;
const exponentBias = 127;
const squareRootOfHalf = 0x3f3504f3;

/** Emits one copy of the loop's body: nodes used twice are kept in locals, the others stay on the stack. */
class ElementEmitter {
  readonly #code: FunctionEncoder;
  readonly #phase: LoweredPhase;
  readonly #pointers: ReadonlyMap<string, number>;
  readonly #scalars: readonly number[];
  readonly #uses: readonly number[];
  /** By node: the local that keeps it, where it needs one. */
  readonly #locals = new Map<number, number>();
  readonly #done = new Set<number>();
  #offset = 0;
  #single = false;

  constructor(
    code: FunctionEncoder,
    phase: LoweredPhase,
    pointers: ReadonlyMap<string, number>,
    scalars: readonly number[],
  ) {
    this.#code = code;
    this.#phase = phase;
    this.#pointers = pointers;
    this.#scalars = scalars;
    const uses = phase.nodes.map(() => 0);
    const use = (node: number) => {
      uses[node] = (uses[node] ?? 0) + 1;
    };
    for (const node of phase.nodes) if (node.kind === "operation") node.operands.forEach(use);
    for (const { node } of phase.stores) use(node);
    for (const { operands } of phase.sums) operands.forEach(use);
    this.#uses = uses;
  }

  /** Starts a copy at a byte offset from the pointers; `single`: one element instead of four. */
  begin(offset: number, single: boolean): void {
    this.#offset = offset;
    this.#single = single;
    this.#done.clear();
  }

  /** Computes a sum's operands into locals. */
  materialise(sum: LoweredSum): readonly number[] {
    return sum.operands.map((node) => {
      this.#value(node);
      const local = this.#localOf(node);
      this.#code.set(local);
      this.#done.add(node);
      return local;
    });
  }

  /** Leaves two float64 terms of a sum on the stack: of lanes 0 and 1 (`half` 0) or 2 and 3. */
  term(sum: LoweredSum, operands: readonly number[], half: 0 | 1): void {
    for (const local of operands) {
      this.#code.get(local);
      if (half === 1) this.#code.upperHalf(local);
      this.#code.simd(simd.promoteLow);
    }
    if (sum.term === "product") this.#code.simd(simd.f64x2Multiply);
    if (sum.term === "absolute") this.#code.simd(simd.f64x2Absolute);
  }

  /** Assigns the slots: every new value is computed before the first is stored. */
  stores(): void {
    const values = this.#phase.stores.map(({ node }) => {
      this.#value(node);
      const local = this.#localOf(node);
      this.#code.set(local);
      this.#done.add(node);
      return local;
    });
    this.#phase.stores.forEach(({ array }, index) => {
      this.#code.get(this.#pointer(array));
      this.#code.get(values[index] ?? 0);
      if (this.#single) this.#code.v128StoreLane0(this.#offset);
      else this.#code.v128Store(this.#offset);
    });
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
    const [first = 0, second = 0, whenTrue = 0, whenFalse = 0] = operands;
    const instruction = direct[operator];
    const compare = comparison[operator];
    if (instruction !== undefined) {
      for (const operand of operands) this.#value(operand);
      this.#code.simd(instruction);
    } else if (compare !== undefined) {
      this.#value(whenTrue);
      this.#value(whenFalse);
      this.#value(first);
      this.#value(second);
      this.#code.simd(compare);
      this.#code.simd(simd.bitSelect);
    } else if (operator === "sign") {
      this.#sign(first);
    } else {
      this.#bits(operator, first);
    }
  }

  /** Arithmetic on the bits of numbers. */
  #bits(operator: ElementOperator, operand: number): void {
    const code = this.#code;
    this.#value(operand);
    if (operator === "powerOfTwo") {
      // The sum's last bits are the exponent's, and the shift leaves nothing else.
      code.f32x4Constant(2 ** mantissaBits + exponentBias);
      code.simd(simd.f32x4Add);
      code.i32Constant(mantissaBits);
      code.simd(simd.i32x4ShiftLeft);
      return;
    }
    const bits = code.local(v128);
    if (operator === "mantissa") code.tee(bits);
    code.i32x4Constant(squareRootOfHalf);
    code.simd(simd.i32x4Subtract);
    if (operator === "exponent") {
      code.i32Constant(mantissaBits);
      code.simd(simd.i32x4ShiftRightSigned);
      code.simd(simd.f32x4FromIntegers);
      return;
    }
    const exponent = code.local(v128);
    code.i32x4Constant(-(2 ** mantissaBits));
    code.simd(simd.and);
    code.set(exponent);
    code.get(bits);
    code.get(exponent);
    code.simd(simd.i32x4Subtract);
  }

  /** 1 where x > 0, −1 where x < 0, else x itself, which is a zero or NaN. */
  #sign(operand: number): void {
    const code = this.#code;
    const x = code.local(v128);
    const positive = code.local(v128);
    const negative = code.local(v128);
    this.#value(operand);
    code.tee(x);
    code.f32x4Constant(0);
    code.simd(simd.f32x4Greater);
    code.tee(positive);
    code.f32x4Constant(1);
    code.simd(simd.and);
    code.get(x);
    code.f32x4Constant(0);
    code.simd(simd.f32x4Less);
    code.tee(negative);
    code.f32x4Constant(-1);
    code.simd(simd.and);
    code.simd(simd.or);
    code.get(x);
    code.get(positive);
    code.get(negative);
    code.simd(simd.or);
    code.simd(simd.andNot);
    code.simd(simd.or);
  }
}
