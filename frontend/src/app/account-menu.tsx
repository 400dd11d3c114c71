import { Menu, UnstyledButton, useMantineColorScheme, VisuallyHidden } from "@mantine/core";
import { IconKey, IconLock, IconLogout, IconMoon, IconSun } from "@tabler/icons-react";
import { useNavigate } from "react-router";

import { useSession, useSignOut } from "@/api/requests/session";

import classes from "./shell.module.css";

/** Who is signed in; theme, password, tokens, and the way out. */
export function AccountMenu() {
  const session = useSession();
  const signOut = useSignOut();
  const navigate = useNavigate();
  const { colorScheme, toggleColorScheme } = useMantineColorScheme();
  const user = session.data?.user;
  if (!user) return null;
  return (
    <Menu position="right-end" width={220} transitionProps={{ duration: 80 }}>
      <Menu.Target>
        <UnstyledButton className={classes["link"] ?? ""}>
          <VisuallyHidden>Account of {user.name}</VisuallyHidden>
          <span className={classes["avatar"]} aria-hidden="true">
            {initials(user.name || user.email)}
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.name}
          <br />
          {user.email}
        </Menu.Label>
        <Menu.Item
          leftSection={colorScheme === "dark" ? <IconSun size={16} /> : <IconMoon size={16} />}
          onClick={toggleColorScheme}
        >
          {colorScheme === "dark" ? "Light theme" : "Dark theme"}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLock size={16} />}
          onClick={() => void navigate("/account/password")}
        >
          My password
        </Menu.Item>
        <Menu.Item
          leftSection={<IconKey size={16} />}
          onClick={() => void navigate("/account/tokens")}
        >
          My API tokens
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function initials(name: string): string {
  const words = name.split(/[\s.@]+/).filter(Boolean);
  return `${words[0]?.[0] ?? ""}${words[1]?.[0] ?? ""}`.toUpperCase();
}
