import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";

import type { SchemaDocument } from "@/api/types";
import { renderWithApp } from "@/testing/render";

import { SchemaEditor } from "./schema-editor";
import { emptySchema } from "./schema-edits";

const seen: { schema: SchemaDocument } = { schema: emptySchema };

function Holder() {
  const [schema, setSchema] = useState(emptySchema);
  seen.schema = schema;
  return <SchemaEditor schema={schema} onChange={setSchema} />;
}

test("a segment is added, named, flagged and removed", async () => {
  renderWithApp(<Holder />);
  const user = userEvent.setup();

  await user.click(screen.getByRole("button", { name: "Add a segment" }));
  await user.type(screen.getByRole("textbox", { name: "Name of segment 1" }), "Liver");
  await user.click(screen.getByRole("checkbox", { name: "May overlap" }));

  expect(seen.schema.segments).toMatchObject([{ id: 1, name: "Liver", overlap: true, code: null }]);
  expect(seen.schema.rules.require_any_segment).toBe(true);

  await user.click(screen.getByRole("button", { name: "Remove Liver" }));
  expect(seen.schema.segments).toEqual([]);
});

test("a question takes its options one on a line", async () => {
  renderWithApp(<Holder />);
  const user = userEvent.setup();

  await user.click(screen.getByRole("button", { name: "Add a question" }));
  const questions = within(screen.getByRole("region", { name: "Questions" }));
  const options = questions.getByRole("textbox", { name: "Options, one on a line" });
  await user.clear(options);
  await user.type(options, "Good{enter}Poor");

  expect(seen.schema.questions[0]?.options).toEqual([
    { value: "good", label: "Good" },
    { value: "poor", label: "Poor" },
  ]);
});
