// The web page, after tsc has emitted its modules to dist/page-modules: takes those that main.js needs to dist/web,
// and adds the view library, styles, the icon and index.html. There is no bundler: what is served is what tsc emits,
// and the page loads all of it at once, as index.html names every module. The contract of the API is there for its
// types alone: a module of the page that needs a package at run time fails the build. With `clean`, before tsc: what
// an earlier build has left goes.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { modulesFrom } from "./web/modules.mjs";

const out = "dist/web";
const emitted = "dist/page-modules";

if (process.argv[2] === "clean") {
  for (const folder of [out, emitted]) rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}

const vendor = {
  "preact.js": "preact/dist/preact.mjs",
  "hooks.js": "preact/hooks/dist/hooks.mjs",
  "jsx-runtime.js": "preact/jsx-runtime/dist/jsxRuntime.mjs",
};

/** Modules name the library as Node does; the page's import map says where it is. */
const imports = {
  preact: "{assets}/vendor/preact.js",
  "preact/hooks": "{assets}/vendor/hooks.js",
  "preact/jsx-runtime": "{assets}/vendor/jsx-runtime.js",
};

/** Files of that kind in the folder and below, in a fixed order. */
const filesIn = (folder, suffix) =>
  !existsSync(folder)
    ? []
    : readdirSync(folder, { recursive: true })
        .map((file) => `${folder}/${file}`)
        .filter((file) => file.endsWith(suffix))
        .sort();

const copy = (from, to) => {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
};

for (const [name, from] of Object.entries(vendor)) {
  const text = readFileSync(join("node_modules", from), "utf8");
  mkdirSync(join(out, "vendor"), { recursive: true });
  writeFileSync(join(out, "vendor", name), text.replace(/\n?\/\/# sourceMappingURL=.*\n?$/, "\n"));
}
copy("node_modules/preact/LICENSE", join(out, "vendor/LICENSE"));
const styles = filesIn("src/web/styles", ".css");
for (const file of styles) copy(file, join(out, file.replace(/^src\//, "")));
copy("src/web/icon.svg", join(out, "web/icon.svg"));

const own = modulesFrom(emitted, "web/main.js", Object.keys(imports));
for (const file of own) copy(join(emitted, file), join(out, file));
rmSync(emitted, { recursive: true });
const modules = [...own, ...Object.keys(vendor).map((file) => `vendor/${file}`)].sort();
const head = [
  ...styles.map((file) => `<link rel="stylesheet" href="{assets}/${file.replace(/^src\//, "")}">`),
  `<script type="importmap">${JSON.stringify({ imports })}</script>`,
  ...modules.map((file) => `<link rel="modulepreload" href="{assets}/${file}">`),
];
const page = readFileSync("src/web/index.html", "utf8").replace("<!--head-->", head.join("\n    "));
writeFileSync(join(out, "index.html"), page);
