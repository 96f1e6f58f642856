# Does what Homebrew does with a formula, without Homebrew:
# formula.rb FORMULA PREFIX, in the folder of the unpacked source.
require "fileutils"
require "pathname"

# A folder that files are installed into, by name or under another one.
class Folder < String
  def install(files)
    FileUtils.mkdir_p(self)
    pairs = files.is_a?(Hash) ? files : [files].flatten.to_h { |file| [file, File.basename(file)] }
    pairs.each { |from, to| FileUtils.cp(from, File.join(self, to)) }
  end
end

# What a formula may say, and what of it is kept.
class Formula
  class << self
    attr_reader :formula, :told

    def inherited(formula)
      super
      @formula = formula
    end

    %i[desc homepage url version sha256 license].each do |word|
      define_method(word) { |value| (@told ||= {})[word] = value }
    end

    def depends_on(_); end

    def test(&block) = define_method(:test_it, &block)
  end

  def version = self.class.told[:version]
  def prefix = ARGV[1]
  def bin = Pathname.new(prefix)/"bin"
  def std_go_args(ldflags:, output: bin/"porthole") = ["-trimpath", "-o=#{output}", "-ldflags=#{ldflags}"]
  def man1 = Folder.new("#{prefix}/share/man/man1")
  def bash_completion = Folder.new("#{prefix}/etc/bash_completion.d")
  def zsh_completion = Folder.new("#{prefix}/share/zsh/site-functions")
  def fish_completion = Folder.new("#{prefix}/share/fish/vendor_completions.d")
  def system(*command) = Kernel.system(*command, exception: true)
  def shell_output(command) = `#{command}`

  def assert_match(want, got)
    raise "#{want} is not in #{got}" unless got.include?(want)
  end
end

load ARGV[0]
formula = Formula.formula.new
formula.install
formula.test_it
puts Formula.formula.told.slice(:url, :sha256, :version).values
