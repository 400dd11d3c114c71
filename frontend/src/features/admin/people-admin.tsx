import { Button, Skeleton, Switch, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useSession } from "@/api/requests/session";
import { useUpdateUser } from "@/api/requests/update-user";
import { useUsers } from "@/api/requests/users";
import { sentenceOf } from "@/api/sentence";
import type { User } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";

import classes from "./admin.module.css";
import { NewPersonForm } from "./new-person-form";
import { SetPassword } from "./set-password";

/** Everybody who may sign in. */
export function PeopleAdmin() {
  const [text, setText] = useState("");
  const [search] = useDebouncedValue(text.trim(), 200);
  const [isAdding, setAdding] = useState(false);
  const users = useUsers(search);
  return (
    <>
      <div className={classes["bar"]}>
        <TextInput
          w={300}
          aria-label="Search people"
          placeholder="Name or e-mail"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {!isAdding && <Button onClick={() => setAdding(true)}>Add a person</Button>}
      </div>
      {isAdding && <NewPersonForm onDone={() => setAdding(false)} />}
      {users.isError && <ErrorNotice message={sentenceOf(users.error)} />}
      {users.isPending && <Skeleton height={200} radius={8} />}
      <ul className={classes["people"]}>
        {users.data?.map((user) => (
          <Person key={user.id} user={user} />
        ))}
      </ul>
    </>
  );
}

function Person({ user }: { readonly user: User }) {
  const update = useUpdateUser();
  const session = useSession();
  const isSelf = session.data?.user?.id === user.id;
  return (
    <li>
      <span className={classes["who"]}>
        <bdi>{user.name}</bdi>
        <small>{user.email}</small>
      </span>
      <Switch
        label="Administrator"
        checked={user.is_admin}
        disabled={isSelf || update.isPending}
        onChange={(event) =>
          update.mutate({ id: user.id, change: { is_admin: event.currentTarget.checked } })
        }
      />
      <Switch
        label="May sign in"
        checked={user.is_active !== false}
        disabled={isSelf || update.isPending}
        onChange={(event) =>
          update.mutate({ id: user.id, change: { is_active: event.currentTarget.checked } })
        }
      />
      <SetPassword user={user} />
      {update.isError && <ErrorNotice message={sentenceOf(update.error)} />}
    </li>
  );
}
