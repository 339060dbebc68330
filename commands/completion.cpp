#include <CLI/CLI.hpp>

#include "commands/all.hpp"
#include "commands/completion_scripts.hpp"
#include "commands/validators.hpp"

namespace cdcctl {
namespace {

enum class Shell { bash, zsh, fish };

class Completion : public Command {
 public:
  std::string_view path() const override { return "completion"; }
  std::string_view summary() const override { return "Print the completion script of a shell"; }
  std::vector<std::string> examples() const override {
    return {"source <(cdcctl completion bash)",
            "cdcctl completion fish > ~/.config/fish/completions/cdcctl.fish"};
  }

  void declare(CLI::App& app) override {
    app_ = &app;
    add_choice<Shell, Shell>(app, "shell", shell_,
                             {{"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}},
                             "The shell")
        ->required()
        ->default_str("");
  }

  int run(Context& context) override {
    const CLI::App* root = app_;
    while (root->get_parent() != nullptr) root = root->get_parent();
    context.out.write(script(read_tree(*root)));
    return Exit::done;
  }

 private:
  std::string script(const CommandNode& tree) const {
    switch (shell_) {
      case Shell::bash:
        return bash_completion(tree);
      case Shell::zsh:
        return zsh_completion(tree);
      case Shell::fish:
        return fish_completion(tree);
    }
    return "";
  }

  const CLI::App* app_ = nullptr;
  Shell shell_ = Shell::bash;
};

}  // namespace

std::unique_ptr<Command> make_completion() {
  return std::make_unique<Completion>();
}

}  // namespace cdcctl
