import { abs, select, toExpression, variable } from "../../language/expression.js";
import type { RuleBody } from "../../language/rule.js";

/*
 * An average of gradients that became zero ends at the smallest subnormal number and stays there for ever
 * (0.9 times it rounds to itself), and processors compute with subnormal numbers many times slower. So
 * float32 state is cleared of them now and then: at fixed steps, so that a resumed run has the same bits, and
 * seldom, so that it costs nothing.
 */

/** Updates between two clearings. */
export const clearingPeriod = 256;

const smallestNormal = 2 ** -126;

/** Sets state below the smallest normal float32 number to zero; NaN stays, since it compares false. */
export const clearSubnormals = (slots: readonly string[]): RuleBody => ({
  state: Object.fromEntries(slots.map((slot) => [slot, toExpression(0)])),
  carried: {},
  phases: [
    {
      scalars: {},
      assign: Object.fromEntries(
        slots.map((slot) => {
          const value = variable("element", slot);
          return [slot, select(smallestNormal, "greater", abs(value), 0, value)];
        }),
      ),
      reduce: {},
      carry: {},
    },
  ],
});
