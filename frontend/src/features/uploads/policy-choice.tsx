import { Select } from "@mantine/core";
import { useState } from "react";

import { useDeidPolicies } from "@/api/requests/deid-policies";

import type { UploadQueue } from "./upload-queue";

const asSet = "";

/** How identities are removed from what is sent next. */
export function PolicyChoice({ queue }: { readonly queue: UploadQueue }) {
  const policies = useDeidPolicies();
  const [chosen, setChosen] = useState(queue.policy ?? asSet);
  const open = policies.data?.filter((policy) => !policy.document.memory_only) ?? [];
  return (
    <Select
      w={320}
      size="xs"
      label="De-identification"
      allowDeselect={false}
      data={[
        { value: asSet, label: "As set for uploads" },
        ...open.map((policy) => ({ value: policy.name, label: policy.title })),
      ]}
      value={chosen}
      onChange={(value) => {
        setChosen(value ?? asSet);
        queue.policy = value || null;
      }}
    />
  );
}
