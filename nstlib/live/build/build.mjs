// Build page/lib/: TensorFlow.js with the few kernels that the engine needs, its WebAssembly, and their licenses.
//
//   npm ci --ignore-scripts && node build.mjs [FOLDER]
//
// The same lock gives the same bytes; tests/test_live_page_engine.py builds it once more and compares.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

const BACKENDS = ["cpu", "wasm", "webgl", "webgpu"];
const KERNELS = [
  ...[
    "Add",
    "AvgPool",
    "AvgPoolGrad",
    "BatchMatMul",
    "Cast",
    "Concat",
    "Conv2D",
    "FusedConv2D",
    "Identity",
    "MirrorPad",
  ],
  ...["Multiply", "RealDiv", "Reshape", "Slice", "Square", "Step", "Sub", "Sum", "Transpose"],
];
// With and without threads. All browsers of the last years have SIMD, so there is none without.
const WASM = ["tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"];

/** A module that registers a backend with our kernels; importing its index would bring all of them. */
function entry(backend) {
  const from = `@tensorflow/tfjs-backend-${backend}/dist`;
  const config = (kernel) => `${kernel[0].toLowerCase()}${kernel.slice(1)}Config`;
  return [
    `import { registerKernel } from "@tensorflow/tfjs-core/dist/kernel_registry";`,
    ...KERNELS.map((kernel) => `import { ${config(kernel)} } from "${from}/kernels/${kernel}";`),
    `for (const config of [${KERNELS.map(config).join(", ")}]) registerKernel(config);`,
    `export * from "${from}/base";`,
  ].join("\n");
}

const ours = {
  name: "ours",
  setup({ onLoad, onResolve }) {
    const modules_of = (namespace, contents) =>
      onLoad({ filter: /.*/, namespace }, ({ path }) => ({ contents: contents(path), resolveDir: here }));
    onResolve({ filter: /^ours:/ }, ({ path }) => ({ path: path.slice(5), namespace: "ours" }));
    modules_of("ours", (name) => (name === "tf" ? readFileSync(join(here, "tf.js"), "utf8") : entry(name)));
    // The index of tfjs-core registers optimizers too; this is the index without them.
    onResolve({ filter: /^@tensorflow\/tfjs-core$/ }, () => ({ path: "core", namespace: "core" }));
    modules_of(
      "core",
      () => `import "@tensorflow/tfjs-core/dist/base_side_effects"; export * from "@tensorflow/tfjs-core/dist/base";`,
    );
    // What only runs in Node.
    onResolve({ filter: /^(fs|os|path|perf_hooks|util|worker_threads|node-fetch)$/ }, ({ path }) => ({
      path,
      namespace: "node",
    }));
    modules_of("node", () => "export default undefined;");
  },
};

const to = resolve(process.argv[2] ?? join(here, "../page/lib"));
if (!process.argv[2]) rmSync(to, { recursive: true, force: true }); // files of an older build
mkdirSync(to, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: Object.fromEntries(["tf", ...BACKENDS].map((name) => [name, `ours:${name}`])),
  outdir: to,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "none", // they are in licenses.txt
  chunkNames: "[name]-[hash]",
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [ours],
  logLevel: "warning",
});
const packages = join(here, "node_modules");
for (const name of WASM)
  writeFileSync(join(to, name), readFileSync(join(packages, "@tensorflow/tfjs-backend-wasm/dist", name)));
// TensorFlow.js comes without the text of its license, but a package in it has the same one.
const licenses = [join(here, "notices.txt"), join(packages, "long/LICENSE")].map((path) => readFileSync(path, "utf8"));
writeFileSync(join(to, "licenses.txt"), licenses.join(""));
