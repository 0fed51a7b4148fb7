import { SteepestError } from "../../errors.js";
import { type Expression, toExpression } from "../../language/expression.js";
import type { Phase } from "../../language/rule.js";
import { expressionKey } from "../../language/traverse.js";
import {
  type Backend,
  type BackendMemory,
  type CompiledProgram,
  elementArrays,
  type GroupShape,
  groupSumNames,
  type Program,
  unitsOf,
} from "../backend.js";
import { descriptorHeader, generateKernels, type Kernel, type PhaseKernels } from "./generate.js";
import { keepBetweenPhases } from "./kept.js";
import { wasmMoves } from "./moves.js";
import { RegisterFile, runScalars } from "./scalars.js";

/*
 * From the phases of a rule to functions over memory: what two phases need is kept from one to the other
 * (kept.ts), a phase is split by the conditions that its scalars decide (specialise.ts), scalar factors are
 * gathered (factors.ts), expressions become a graph (lower.ts), and the graph instructions (generate.ts with
 * elements.ts, strips.ts and sums.ts). Scalars are computed beside them in float64 (scalars.ts).
 */

/** WebAssembly memory comes in pages of 64 KiB, of which 32-bit addresses reach 65,536. */
const pageBytes = 65_536;
const maximumPages = 65_536;

const memories = new WeakMap<BackendMemory, WebAssembly.Memory>();

const pagesOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / pageBytes));

function allocate(bytes: number): BackendMemory {
  const pages = pagesOf(bytes);
  const unavailable = (cause?: unknown) =>
    new SteepestError(
      "unavailable",
      `${bytes} bytes for parameters, gradients and state are more than one WebAssembly memory can have here`,
      "It holds at most 4 GiB: use fewer parameters or an optimizer with less state",
      { cause },
    );
  if (pages > maximumPages) throw unavailable();
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const allocated = { buffer: memory.buffer };
    memories.set(allocated, memory);
    return allocated;
  } catch (cause) {
    throw unavailable(cause);
  }
}

/** Kernels by what they compute, so that optimizers of the same rule share the compiled modules. */
const compiledKernels = new Map<string, readonly PhaseKernels[]>();

function kernelsOf(
  name: string,
  phases: readonly Phase[],
  arrays: readonly string[],
): readonly PhaseKernels[] {
  const key = expressionKey([arrays, phases]);
  const existing = compiledKernels.get(key);
  if (existing !== undefined) return existing;
  const kernels = generateKernels(name, phases, arrays);
  compiledKernels.set(key, kernels);
  return kernels;
}

function compile(program: Program): CompiledProgram {
  const { body, hyper } = program;
  const { phases: keeping, kept } = keepBetweenPhases(body);
  const lastingNames = elementArrays(body);
  const arrayNames = [...lastingNames, ...kept];
  const kernels = kernelsOf(program.name, keeping, arrayNames);

  const registers = new RegisterFile();
  const stepRegister = registers.named("k");
  const hyperRegisters = hyper.map((name) => registers.named(name));
  const carriedNames = Object.keys(body.carried);
  const carriedRegisters = carriedNames.map((name) => registers.named(name));
  const ownNames = Object.keys(body.carriedPerParameter ?? {});
  const ownRegisters = ownNames.map((name) => registers.named(name));
  const sumNames = groupSumNames(body);
  const phases = keeping.map((phase, index) => {
    const { conditions: decisive, kernels: forms } = kernels[index] ?? { conditions: [], kernels: [] };
    const { program: before, results } = registers.compile(phase.scalars, [
      phase.when ?? toExpression(1),
      ...decisive,
    ]);
    const [when = -1, ...conditions] = results;
    const variants = forms.map((kernel) => ({
      kernel,
      inputs: registers.compile({}, kernel.phase.scalarInputs),
    }));
    const sums = Object.keys(phase.reduce).map((name) => registers.named(name));
    const groupSums = Object.entries(phase.reduce).flatMap(([name, { over }]) =>
      over === "parameter" ? [] : [{ register: registers.named(name), place: sumNames.indexOf(name) }],
    );
    const shared = Object.entries(phase.carry).filter(([name]) => carriedNames.includes(name));
    const own = Object.entries(phase.carry).filter(([name]) => ownNames.includes(name));
    const carry = {
      shared: carrying(registers, shared, carriedNames),
      own: carrying(registers, own, ownNames),
    };
    const idle = sums.length === 0 && forms.every(({ phase: { stores } }) => stores.length === 0);
    return { before, when, conditions, variants, sums, groupSums, carry, idle };
  });

  /**
   * Nothing goes from unit to unit: each is done whole before the next, while its arrays are in the caches.
   * Only `run` may be called then: phase by phase, units would overwrite what others keep.
   */
  const separable = phases.every(
    ({ groupSums, carry }) => groupSums.length === 0 && carry.shared.places.length === 0,
  );

  // Scratch of a group: scalar inputs, sums and slots of one call, one descriptor a unit, and what units keep
  // between phases: where each is done whole, the next overwrites it.
  const inputCounts = phases.flatMap(({ variants }) => variants.map(({ inputs }) => inputs.results.length));
  const inputBytes = align(4 * Math.max(0, ...inputCounts));
  const sumBytes = align(8 * Math.max(0, ...phases.map(({ sums }) => sums.length)));
  const slotBytes = Math.max(
    0,
    ...phases.flatMap(({ variants }) => variants.map(({ kernel }) => kernel.slotBytes)),
  );
  const descriptorBytes = 4 * (descriptorHeader + arrayNames.length);

  const keptBytesOf = (group: GroupShape) =>
    align(4 * (separable ? Math.max(0, ...unitsOf(body, group).map(({ count }) => count)) : group.count));
  const firstBytesOf = (group: GroupShape) =>
    align(inputBytes + sumBytes + slotBytes + descriptorBytes * unitsOf(body, group).length);

  return {
    scratchBytes: (group) => firstBytesOf(group) + kept.length * keptBytesOf(group),
    bind(memory, group, addresses) {
      const inputsAddress = addresses.scratch;
      const sumsAddress = inputsAddress + inputBytes;
      const slotsAddress = sumsAddress + sumBytes;
      const descriptorsAddress = slotsAddress + slotBytes;
      const keptAddress = addresses.scratch + firstBytesOf(group);
      const keptBytes = keptBytesOf(group);
      const inputs = new Float32Array(memory.buffer, inputsAddress, inputBytes / 4);
      const sums = new Float64Array(memory.buffer, sumsAddress, sumBytes / 8);
      const functions = phases.map(({ variants }) => variants.map(({ kernel }) => lazily(kernel, memory)));
      const spans = unitsOf(body, group);
      const carried = new Float64Array(carriedNames.length + ownNames.length * spans.length);
      const units = spans.map(({ offset, count }, index) => {
        const descriptor = descriptorsAddress + index * descriptorBytes;
        new Uint32Array(memory.buffer, descriptor, descriptorBytes / 4).set([
          count,
          inputsAddress,
          sumsAddress,
          slotsAddress,
          ...lastingNames.map((name) => (addresses.arrays[name] ?? 0) + 4 * offset),
          ...kept.map((_, place) => keptAddress + place * keptBytes + (separable ? 0 : 4 * offset)),
        ]);
        const place = carriedNames.length + index * ownNames.length;
        return {
          descriptor,
          registers: registers.instantiate(),
          own: carried.subarray(place, place + ownNames.length),
          ownNext: new Float64Array(ownNames.length),
        };
      });
      const carriedNext = new Float64Array(carriedNames.length);
      const groupSums = new Float64Array(sumNames.length);

      const write = (into: Float64Array, places: readonly number[], values: Float64Array) => {
        for (let i = 0; i < places.length; i++) into[places[i] ?? -1] = values[i] ?? Number.NaN;
      };
      const read = (from: Float64Array, places: readonly number[], values: Float32Array | Float64Array) => {
        for (let i = 0; i < places.length; i++) values[i] = from[places[i] ?? -1] ?? Number.NaN;
      };

      const load = (unit: (typeof units)[number]) => {
        write(unit.registers, carriedRegisters, carried);
        write(unit.registers, ownRegisters, unit.own);
      };

      const start = (step: number, hyperValues: Float64Array) => {
        for (const unit of units) {
          unit.registers[stepRegister] = step;
          write(unit.registers, hyperRegisters, hyperValues);
          load(unit);
        }
      };

      /** A phase of one unit up to its sums. */
      const passUnit = (p: number, unit: (typeof units)[number]) => {
        const phase = phases[p];
        if (phase === undefined) return;
        runScalars(phase.before, unit.registers);
        if (phase.idle) return;
        if (unit.registers[phase.when] === 0) sums.fill(0);
        else {
          let place = 0;
          for (let i = 0; i < phase.conditions.length; i++)
            if (unit.registers[phase.conditions[i] ?? -1] !== 0) place += 2 ** i;
          const variant = phase.variants[place];
          const kernel = functions[p]?.[place];
          if (variant === undefined || kernel === undefined) throw new Error(`internal: no kernel ${place}`);
          runScalars(variant.inputs.program, unit.registers);
          read(unit.registers, variant.inputs.results, inputs);
          kernel(unit.descriptor);
        }
        write(unit.registers, phase.sums, sums);
      };

      /**
       * The scalars that a unit carries of its own, after a phase; all are computed before any is replaced.
       */
      const carryOwn = (p: number, unit: (typeof units)[number]) => {
        const phase = phases[p];
        if (phase === undefined || phase.carry.own.places.length === 0) return;
        if (unit.registers[phase.when] === 0) return;
        const { own } = phase.carry;
        runScalars(own.program, unit.registers);
        read(unit.registers, own.results, unit.ownNext);
        write(unit.own, own.places, unit.ownNext);
        load(unit);
      };

      const pass = (p: number) => {
        const phase = phases[p];
        if (phase === undefined) return;
        for (const unit of units) passUnit(p, unit);
        for (const { register, place } of phase.groupSums) {
          let total = 0;
          for (const unit of units) total += unit.registers[register] ?? Number.NaN;
          groupSums[place] = total;
        }
      };

      const conclude = (p: number) => {
        const phase = phases[p];
        const first = units[0];
        if (phase === undefined || first === undefined) return;
        for (const { register, place } of phase.groupSums)
          for (const unit of units) unit.registers[register] = groupSums[place] ?? Number.NaN;
        const { shared } = phase.carry;
        const replaces = shared.places.length > 0 && first.registers[phase.when] !== 0;
        if (replaces) {
          runScalars(shared.program, first.registers);
          read(first.registers, shared.results, carriedNext);
        }
        for (const unit of units) carryOwn(p, unit);
        if (!replaces) return;
        write(carried, shared.places, carriedNext);
        for (const unit of units) load(unit);
      };

      return {
        ...{ carried, groupSums, start, pass, conclude },
        run(step, hyperValues) {
          start(step, hyperValues);
          if (separable) {
            for (const unit of units)
              for (let p = 0; p < phases.length; p++) {
                passUnit(p, unit);
                carryOwn(p, unit);
              }
            return;
          }
          for (let p = 0; p < phases.length; p++) {
            pass(p);
            conclude(p);
          }
        },
      };
    },
  };
}

/**
 * What replaces carried scalars: a program, the registers of its results, and the places they go to among
 * `names`.
 */
function carrying(
  registers: RegisterFile,
  replacements: readonly (readonly [name: string, expression: Expression])[],
  names: readonly string[],
) {
  const { program, results } = registers.compile(
    {},
    replacements.map(([, expression]) => expression),
  );
  return { program, results, places: replacements.map(([name]) => names.indexOf(name)) };
}

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

function memoryOf(memory: BackendMemory): WebAssembly.Memory {
  const imported = memories.get(memory);
  if (imported === undefined) throw new Error("internal: memory of another back end");
  return imported;
}

/** A kernel over this memory, compiled at its first call. */
function lazily(kernel: Kernel, memory: BackendMemory): (descriptor: number) => void {
  let run: unknown;
  return (descriptor) => {
    if (run === undefined) {
      const { exports } = new WebAssembly.Instance(kernel.module(), { arena: { memory: memoryOf(memory) } });
      run = exports["0"];
    }
    if (typeof run !== "function") throw new Error("internal: a kernel is missing");
    run(descriptor);
  };
}

/** Fused float32 kernels in WebAssembly SIMD: one pass over memory a phase. */
export const wasmBackend: Backend = {
  precision: "float32",
  allocatedBytes: (bytes) => pagesOf(bytes) * pageBytes,
  allocate,
  compile,
  moves: wasmMoves(memoryOf),
};
