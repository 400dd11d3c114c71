import { NumberInput, TagsInput, TextInput } from "@mantine/core";

import type { SourceSettings } from "@/api/types";

import classes from "./sources.module.css";

type Filter = NonNullable<Extract<SourceSettings, { readonly kind: "pacs" }>["filter"]>;

interface FilterFieldsProps {
  readonly filter: Filter;
  readonly onChange: (filter: Filter) => void;
}

/** Which studies of a remote archive are wanted. */
export function FilterFields({ filter, onChange }: FilterFieldsProps) {
  return (
    <fieldset className={classes["filter"]}>
      <legend>Only studies</legend>
      <div className={classes["pair"]}>
        <TagsInput
          label="of these modalities"
          placeholder={filter.modalities?.length ? "" : "All"}
          value={[...(filter.modalities ?? [])]}
          onChange={(modalities) =>
            onChange({ ...filter, modalities: modalities.map((one) => one.toUpperCase()) })
          }
        />
        <NumberInput
          label="of the last … days"
          placeholder="All"
          min={1}
          value={filter.last_days ?? ""}
          onChange={(value) =>
            onChange({ ...filter, last_days: typeof value === "number" ? value : null })
          }
        />
      </div>
      <div className={classes["pair"]}>
        <TextInput
          label="of the patient with the id"
          placeholder="All"
          value={filter.patient_id ?? ""}
          onChange={(event) => onChange({ ...filter, patient_id: event.currentTarget.value })}
        />
        <TextInput
          label="whose description contains"
          placeholder="Anything"
          value={filter.description ?? ""}
          onChange={(event) => onChange({ ...filter, description: event.currentTarget.value })}
        />
      </div>
    </fieldset>
  );
}
