// Compiles Solidity files with a compiler from npm: node compile.js SOLC ROOT OUT SETTINGS FILE...
// OUT gets {name: {bytecode, linkReferences}} of every contract; imports are found below ROOT or in node_modules.
const fs = require("fs");
const path = require("path");

const [solcName, root, out, settings, ...files] = process.argv.slice(2);
const modules = path.join(process.cwd(), "node_modules");
const solc = require(path.join(modules, solcName));
const { remappings = [], ...rest } = JSON.parse(settings);

function read(name) {
  for (const base of [root, modules, "/"]) {
    const file = path.join(base, name);
    if (fs.existsSync(file)) return fs.readFileSync(file, "utf8");
  }
  return null;
}

const input = {
  language: "Solidity",
  sources: Object.fromEntries(files.map((name) => [name, { content: read(name) }])),
  settings: {
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { "*": { "*": ["evm.bytecode.object", "evm.bytecode.linkReferences"] } },
    remappings,
    ...rest,
  },
};
const found = (name) => {
  const contents = read(name);
  return contents === null ? { error: `${name} is not there` } : { contents };
};
const output = JSON.parse(solc.compile(JSON.stringify(input), { import: found }));
const errors = (output.errors || []).filter((one) => one.severity === "error");
if (errors.length > 0) {
  process.stderr.write(errors.map((one) => one.formattedMessage).join("\n"));
  process.exit(1);
}
const made = {};
for (const contracts of Object.values(output.contracts))
  for (const [name, { evm }] of Object.entries(contracts))
    if (evm.bytecode.object) made[name] = { bytecode: evm.bytecode.object, linkReferences: evm.bytecode.linkReferences };
fs.writeFileSync(out, JSON.stringify(made));
