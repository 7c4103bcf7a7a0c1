// safetensors files: tensors by name behind a header of JSON, read one by one or together, written
// without a copy. Checked as the reference implementation checks them. No framework's tensors, and no
// parts of a tensor. Defines Tensor and TensorDtype (safetensors' own names of number types).
export {
  isTensorDtype,
  shapeText,
  TENSOR_DTYPES,
  type Tensor,
  type TensorData,
  type TensorDtype,
  type TensorDtypeFacts,
  tensorBytes,
} from "./dtype.js";
export type { TensorInfo } from "./header.js";
export { openSafetensors, Safetensors, type SafetensorsReadOptions } from "./read.js";
export {
  asTensor,
  checkArrayBytes,
  type TensorInput,
  type TensorInputs,
  tensorFromBytes,
  tensorToBytes,
} from "./tensor-input.js";
export { safetensorsPieces } from "./write.js";
