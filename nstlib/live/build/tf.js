// What the engine uses of TensorFlow.js. The rest of it stays out of the bundle.

export { env } from "@tensorflow/tfjs-core/dist/environment";
export { backend, engine, getBackend, keep, setBackend, tidy } from "@tensorflow/tfjs-core/dist/globals";
export { add } from "@tensorflow/tfjs-core/dist/ops/add";
export { avgPool } from "@tensorflow/tfjs-core/dist/ops/avg_pool";
export { avgPoolGrad } from "@tensorflow/tfjs-core/dist/ops/avg_pool_grad";
export { concat } from "@tensorflow/tfjs-core/dist/ops/concat";
export { conv2d } from "@tensorflow/tfjs-core/dist/ops/conv2d";
export { conv2d as fusedConv2d } from "@tensorflow/tfjs-core/dist/ops/fused/conv2d";
export { matMul } from "@tensorflow/tfjs-core/dist/ops/mat_mul";
export { mirrorPad } from "@tensorflow/tfjs-core/dist/ops/mirror_pad";
export { mul } from "@tensorflow/tfjs-core/dist/ops/mul";
export { reshape } from "@tensorflow/tfjs-core/dist/ops/reshape";
export { slice } from "@tensorflow/tfjs-core/dist/ops/slice";
export { square } from "@tensorflow/tfjs-core/dist/ops/square";
export { step } from "@tensorflow/tfjs-core/dist/ops/step";
export { sub } from "@tensorflow/tfjs-core/dist/ops/sub";
export { sum } from "@tensorflow/tfjs-core/dist/ops/sum";
export { tensor } from "@tensorflow/tfjs-core/dist/ops/tensor";
export { transpose } from "@tensorflow/tfjs-core/dist/ops/transpose";
