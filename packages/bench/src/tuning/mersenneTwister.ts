const size = 624;
const middle = 397;

/** The random numbers that NumPy's legacy `RandomState(seed)` draws, bit for bit. */
export interface LegacyRandomState {
  /** 32 uniform bits. */
  bits(): number;
  /** Uniform in [0, 1) with 53 random bits (`random_sample`). */
  uniform(): number;
  /** A uniform integer in [0, limit], by masking and rejection (the legacy `shuffle` draws so). */
  integerUpTo(limit: number): number;
  /** The values in the order in which `RandomState.shuffle` leaves them. */
  shuffled(values: readonly number[]): number[];
}

/**
 * MT19937 (Matsumoto & Nishimura 1998, "Mersenne Twister") with the seeding by one integer and the derived
 * draws of NumPy's frozen legacy stream (NEP 19). Only the published Halton points of AlgoPerf need it:
 * everything else draws from `@steepest/random`.
 */
export function legacyRandomState(seed: number): LegacyRandomState {
  const state = new Uint32Array(size);
  state[0] = seed;
  for (let i = 1; i < size; i++) {
    const previous = state[i - 1] ?? 0;
    state[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
  }
  let position = size;

  const regenerate = () => {
    for (let i = 0; i < size; i++) {
      const joined = ((state[i] ?? 0) & 0x80000000) | ((state[(i + 1) % size] ?? 0) & 0x7fffffff);
      const twist = joined & 1 ? 0x9908b0df : 0;
      state[i] = (state[(i + middle) % size] ?? 0) ^ (joined >>> 1) ^ twist;
    }
    position = 0;
  };

  const bits = () => {
    if (position === size) regenerate();
    let y = state[position++] ?? 0;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  };

  const integerUpTo = (limit: number) => {
    if (limit === 0) return 0;
    const mask = 0xffffffff >>> Math.clz32(limit);
    for (;;) {
      const candidate = (bits() & mask) >>> 0;
      if (candidate <= limit) return candidate;
    }
  };

  return {
    bits,
    uniform: () => {
      const high = bits() >>> 5;
      const low = bits() >>> 6;
      return (high * 0x4000000 + low) / 0x20000000000000;
    },
    integerUpTo,
    shuffled(values) {
      const order = [...values];
      for (let i = order.length - 1; i > 0; i--) {
        const j = integerUpTo(i);
        const swapped = order[i] ?? 0;
        order[i] = order[j] ?? 0;
        order[j] = swapped;
      }
      return order;
    },
  };
}
