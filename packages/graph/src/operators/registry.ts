import type { Operator } from "../tensor/operator.js";
import { afterOperator } from "./after.js";
import { binaryOperators } from "./binary.js";
import { broadcastToOperator } from "./broadcastTo.js";
import { comparisonOperators } from "./comparison.js";
import { convolutionOperators } from "./convolution.js";
import { geluOperator } from "./gelu.js";
import { indexingOperators } from "./indexing.js";
import { layoutOperators } from "./layout.js";
import { matmulOperator } from "./matmul.js";
import { normalisationOperators } from "./normalisation.js";
import { poolingOperators } from "./pooling.js";
import { randomOperators } from "./random.js";
import { reductionOperators } from "./reductions.js";
import { rmsNormOperator } from "./rmsNorm.js";
import { selectOperators } from "./select.js";
import { slicingOperators } from "./slicing.js";
import { sumToOperator } from "./sumTo.js";
import { unaryOperators } from "./unary.js";

/**
 * Every operator there is: what documentation lists and what the tests of derivatives and of ONNX forms go
 * through.
 */
export const operators: readonly Operator[] = [
  ...unaryOperators,
  ...binaryOperators,
  ...comparisonOperators,
  ...selectOperators,
  ...reductionOperators,
  matmulOperator,
  ...normalisationOperators,
  rmsNormOperator,
  geluOperator,
  broadcastToOperator,
  sumToOperator,
  ...layoutOperators,
  ...slicingOperators,
  ...indexingOperators,
  ...convolutionOperators,
  ...poolingOperators,
  ...randomOperators,
  afterOperator,
];
