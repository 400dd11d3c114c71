import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";

import { useUsers } from "@/api/requests/users";
import type { Role, User } from "@/api/types";
import { roleChoices } from "@/lib/roles";

import { PeopleTable } from "./people-table";
import classes from "./projects.module.css";

interface Person {
  readonly user: User;
  readonly role: Role;
}

interface PeoplePickerProps {
  readonly people: readonly Person[];
  readonly onChange: (people: readonly Person[]) => void;
}

/** Who works in the project, and as what. */
export function PeoplePicker({ people, onChange }: PeoplePickerProps) {
  return (
    <div className={classes["form"]}>
      <p className={classes["note"]}>You are the owner. Add the people who label and review.</p>
      <PersonSearch
        taken={people.map((person) => person.user.id)}
        onPick={(user) => onChange([...people, { user, role: "annotator" }])}
      />
      {people.length > 0 && (
        <PeopleTable
          people={people}
          onRole={(user, role) =>
            onChange(people.map((one) => (one.user.id === user.id ? { user, role } : one)))
          }
          onRemove={(user) => onChange(people.filter((one) => one.user.id !== user.id))}
        />
      )}
      <ul className={classes["note"]}>
        {roleChoices.map((role) => (
          <li key={role.value}>
            {role.label}: {role.may}.
          </li>
        ))}
      </ul>
    </div>
  );
}

interface PersonSearchProps {
  readonly taken: readonly string[];
  readonly onPick: (user: User) => void;
}

/** Find a person by a part of the name or e-mail. */
export function PersonSearch({ taken, onPick }: PersonSearchProps) {
  const [text, setText] = useState("");
  const [search] = useDebouncedValue(text.trim(), 200);
  const users = useUsers(search);
  const free = users.data?.filter((user) => !taken.includes(user.id)) ?? [];
  return (
    <Select
      w={380}
      label="Add a person"
      placeholder="Name or e-mail"
      searchable
      nothingFoundMessage="Nobody by that name. An administrator can add people."
      data={free.map((user) => ({ value: String(user.id), label: `${user.name} · ${user.email}` }))}
      filter={({ options }) => options}
      searchValue={text}
      onSearchChange={setText}
      value={null}
      onChange={(id) => {
        const user = free.find((one) => String(one.id) === id);
        if (user) onPick(user);
        setText("");
      }}
    />
  );
}
