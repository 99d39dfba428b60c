// generate.js DOCUMENT OUT: a model in Python for each schema of an AsyncAPI document, in the package OUT.
const fs = require("fs");
const path = require("path");
const { PythonFileGenerator, PYTHON_PYDANTIC_PRESET } = require("@asyncapi/modelina");

async function generate(document, out) {
  const generator = new PythonFileGenerator({ presets: [PYTHON_PYDANTIC_PRESET] });
  const options = { packageName: path.basename(out) };
  const models = await generator.generateToFiles(JSON.parse(fs.readFileSync(document, "utf8")), out, options, true);
  console.log(JSON.stringify(models.map((model) => model.modelName)));
}

generate(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
