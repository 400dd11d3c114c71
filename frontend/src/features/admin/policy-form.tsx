import {
  Button,
  Checkbox,
  NumberInput,
  SegmentedControl,
  TagsInput,
  TextInput,
} from "@mantine/core";
import { useState } from "react";

import { useAddDeidPolicy } from "@/api/requests/deid-policy-versions";
import { sentenceOf } from "@/api/sentence";
import type { DeidPolicy, PolicyDocument } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";

import classes from "./policies.module.css";
import { pictureChecks, policyOptions, withOption } from "./policy-words";

interface PolicyFormProps {
  readonly policy: DeidPolicy;
  readonly isEditing: boolean;
  /** With the name of the policy that was kept, or null where nothing was. */
  readonly onDone: (name: string | null) => void;
}

/** What a policy does, to be read, and to be changed into its next version. */
export function PolicyForm({ policy, isEditing, onDone }: PolicyFormProps) {
  const add = useAddDeidPolicy();
  const [draft, setDraft] = useState<PolicyDocument>(policy.document);
  const [scopes, setScopes] = useState<readonly string[]>(policy.scopes);
  const set = (change: Partial<PolicyDocument>) => setDraft((old) => ({ ...old, ...change }));
  return (
    <form
      className={classes["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        const document = { ...draft, version: policy.version + 1 };
        add.mutate({ document, scopes }, { onSuccess: (kept) => onDone(kept.name) });
      }}
    >
      {isEditing && (
        <TextInput
          label="Title"
          maxLength={120}
          value={draft.title}
          onChange={(event) => set({ title: event.currentTarget.value })}
        />
      )}
      <fieldset disabled={!isEditing}>
        <legend>Options</legend>
        {draft.applies ? (
          policyOptions.map(({ option, label, means }) => (
            <Checkbox
              key={option}
              size="xs"
              label={label}
              description={means}
              checked={draft.options.includes(option)}
              onChange={(event) =>
                set({ options: withOption(draft.options, option, event.currentTarget.checked) })
              }
            />
          ))
        ) : (
          <p>Nothing is changed: what comes was de-identified before.</p>
        )}
      </fieldset>
      <Rest draft={draft} isEditing={isEditing} onChange={set} />
      {isEditing && (
        <TagsInput
          label="Governs"
          description="source:browser, source:stow, source:command, project: and its identifier"
          value={[...scopes]}
          onChange={setScopes}
        />
      )}
      {add.isError && <ErrorNotice message={sentenceOf(add.error)} />}
      {isEditing && (
        <div className={classes["tools"]}>
          <Button type="submit" size="compact-md" loading={add.isPending}>
            {`Keep as version ${policy.version + 1}`}
          </Button>
          <Button size="compact-md" variant="default" onClick={() => onDone(null)}>
            Cancel
          </Button>
        </div>
      )}
    </form>
  );
}

interface RestProps {
  readonly draft: PolicyDocument;
  readonly isEditing: boolean;
  readonly onChange: (change: Partial<PolicyDocument>) => void;
}

/** Pictures, the range of the shift, the way back, the disk. */
function Rest({ draft, isEditing, onChange }: RestProps) {
  const [first, last] = draft.shift_days;
  return (
    <fieldset disabled={!isEditing}>
      <legend>Pictures and keys</legend>
      <span className={classes["row"]}>
        Pictures searched for text
        <SegmentedControl
          size="xs"
          aria-label="Pictures searched for text"
          disabled={!isEditing}
          data={pictureChecks.map((one) => ({ ...one }))}
          value={draft.pixels.check}
          onChange={(check) =>
            onChange({
              pixels: { ...draft.pixels, check: check as PolicyDocument["pixels"]["check"] },
            })
          }
        />
      </span>
      <span className={classes["row"]}>
        Dates move by
        <NumberInput
          size="xs"
          w={92}
          aria-label="Days at least"
          disabled={!isEditing}
          value={first}
          onChange={(value) => onChange({ shift_days: [Number(value), last] })}
        />
        to
        <NumberInput
          size="xs"
          w={92}
          aria-label="Days at most"
          disabled={!isEditing}
          value={last}
          onChange={(value) => onChange({ shift_days: [first, Number(value)] })}
        />
        days
      </span>
      <Checkbox
        size="xs"
        label="Blank the places that a device's recipe names, without asking"
        checked={draft.pixels.blank_known}
        onChange={(event) =>
          onChange({ pixels: { ...draft.pixels, blank_known: event.currentTarget.checked } })
        }
      />
      <Checkbox
        size="xs"
        label="Keep a sealed way back to the patient, for administrators who give a reason"
        checked={draft.way_back}
        onChange={(event) => onChange({ way_back: event.currentTarget.checked })}
      />
      <Checkbox
        size="xs"
        label="Nothing touches the disk before it is cleared (DICOMweb only)"
        checked={draft.memory_only}
        onChange={(event) => onChange({ memory_only: event.currentTarget.checked })}
      />
    </fieldset>
  );
}
