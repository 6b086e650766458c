#include "ui/reproduce/reproduction_form.h"

#include "ui/format/quantities.h"
#include "ui/reproduce/file_field.h"
#include "ui/widgets/issue_form.h"

#include <QCheckBox>
#include <QLineEdit>
#include <QRegularExpression>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <set>

namespace lora::ui {

namespace {

constexpr std::size_t kMostSeeds = 50;
constexpr int kMostRank = 1 << 16;

QStringList wordsOf(const QLineEdit* line, const char* pattern)
{
    return line->text().split(QRegularExpression(QLatin1String(pattern)), Qt::SkipEmptyParts);
}

/// None where nothing or no seeds are written.
std::vector<std::uint64_t> seedsIn(const QLineEdit* line)
{
    std::vector<std::uint64_t> seeds;
    for (const QString& word : wordsOf(line, "[\\s,;]+")) {
        bool isNumber = false;
        seeds.push_back(word.toULongLong(&isNumber));
        if (!isNumber)
            return {};
    }
    return seeds;
}

/// None where nothing or no number above 0 is written.
std::optional<double> numberIn(const QLineEdit* line)
{
    bool isNumber = false;
    const double value = line->text().trimmed().toDouble(&isNumber);
    return isNumber && std::isfinite(value) && value > 0 ? std::optional(value) : std::nullopt;
}

std::optional<int> rankIn(const QLineEdit* line)
{
    bool isNumber = false;
    const int rank = line->text().trimmed().toInt(&isNumber);
    return isNumber && rank > 0 && rank <= kMostRank ? std::optional(rank) : std::nullopt;
}

bool isEmpty(const QLineEdit* line)
{
    return line->text().trimmed().isEmpty();
}

std::vector<std::string> settingsIn(const QLineEdit* line)
{
    std::vector<std::string> settings;
    for (const QString& word : wordsOf(line, "\\s+"))
        settings.push_back(word.toStdString());
    return settings;
}

QString seedsText(const std::vector<std::uint64_t>& seeds)
{
    QStringList texts;
    for (const std::uint64_t seed : seeds)
        texts += QString::number(seed);
    return texts.join(QStringLiteral(", "));
}

QString upper(const std::string& text)
{
    QString title = qstr(text);
    title.front() = title.front().toUpper();
    return title;
}

QString fieldOf(const char* role, const ArticleClaim& claim)
{
    return QLatin1String(role) + u'.' + qstr(claim.key);
}

} // namespace

ReproductionForm::ReproductionForm(QWidget* parent)
    : QWidget(parent)
    , m_form(new IssueForm(this))
    , m_model(new FileField(FileField::Kind::Folder, this))
    , m_seeds(line({}))
    , m_rank(line({}))
    , m_epochs(line({}))
    , m_rate(line({}))
    , m_fullRate(line({}))
    , m_settings(line(tr("key=value, between spaces")))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_form);
    connect(m_model, &FileField::changed, this, &ReproductionForm::changed);
}

QLineEdit* ReproductionForm::line(const QString& placeholder)
{
    auto* line = new QLineEdit(this);
    line->setPlaceholderText(placeholder);
    line->setClearButtonEnabled(true);
    connect(line, &QLineEdit::textChanged, this, &ReproductionForm::changed);
    return line;
}

void ReproductionForm::setDefaults(const ReproductionDefaults& defaults)
{
    if (hasDefaults())
        return;
    m_usualSeeds = defaults.seeds;
    for (const ArticleClaim& claim : defaults.claims)
        addClaim(claim);
    addFields(defaults);
    orderTabs();
    if (hasDefaults())
        setFocusProxy(m_claims.front().isWanted);
    emit changed();
}

void ReproductionForm::addClaim(const ArticleClaim& claim)
{
    auto* wanted = new QCheckBox(
        tr("%1: %2 compute claimed").arg(upper(claim.title), qChange(1 - claim.savedCompute)), this);
    wanted->setChecked(true);
    auto* train = new FileField(FileField::Kind::DataFile, this);
    train->setPlaceholder(sourceName(claim.builtinData));
    train->setNames(tr("Training data for %1").arg(qstr(claim.title)), tr("Open training data"));
    auto* eval = new FileField(FileField::Kind::DataFile, this);
    eval->setPlaceholder(tr("Held out of the training data"));
    eval->setNames(tr("Evaluation data for %1").arg(qstr(claim.title)), tr("Open evaluation data"));
    if (!m_claims.empty())
        m_form->addSpace();
    wanted->setObjectName(fieldOf("claim", claim));
    m_form->addField(m_claims.empty() ? tr("&Claims") : QString(), wanted, fieldOf("claim", claim),
                     tr("Full fine-tuning, the head alone and LoRA on all layers, their top half and their "
                        "top quarter"));
    wanted->setAccessibleName(wanted->text());
    m_form->addField(tr("Training data"), train, fieldOf("train", claim), tr("Rows the models learn from"));
    m_form->addField(tr("Evaluation data"), eval, fieldOf("eval", claim),
                     tr("Rows they are compared on; the same for all"));
    m_claims.push_back({claim, wanted, train, eval});
    connect(train, &FileField::changed, this, &ReproductionForm::changed);
    connect(eval, &FileField::changed, this, &ReproductionForm::changed);
    connect(wanted, &QCheckBox::toggled, this, [this, key = qstr(claim.key)] {
        showWanted(claimOf(key));
        emit changed();
    });
}

void ReproductionForm::addFields(const ReproductionDefaults& defaults)
{
    m_form->addSpace();
    m_model->setPlaceholder(sourceName(defaults.model.toStdString()));
    m_model->setNames(tr("Model folder"), tr("Open model folder"));
    m_seeds->setPlaceholderText(seedsText(defaults.seeds));
    m_rank->setPlaceholderText(QString::number(defaults.rank));
    m_epochs->setPlaceholderText(QString::number(defaults.epochs));
    m_rate->setPlaceholderText(QString::number(defaults.learningRate));
    setUsualFullRate(defaults.fullLearningRate);
    m_form->addField(tr("&Model"), m_model, QStringLiteral("model"), tr("What is fine-tuned for all claims"));
    m_form->addField(tr("See&ds"), m_seeds, QStringLiteral("seeds"),
                     tr("Every way of training is repeated with each: differences within their spread are "
                        "noise"));
    m_form->addField(tr("R&ank"), m_rank, QStringLiteral("method.r"),
                     tr("Of LoRA, with alpha twice as much"));
    m_form->addField(tr("E&pochs"), m_epochs, QStringLiteral("training.num_train_epochs"),
                     tr("Passes over the training rows"));
    m_form->addField(tr("&Learning rate"), m_rate, QStringLiteral("training.learning_rate"),
                     tr("Of LoRA and of the head alone"));
    m_form->addField(tr("… of full &tuning"), m_fullRate, QStringLiteral("full_learning_rates"),
                     tr("Learning rate of full fine-tuning: badly trained, it is easily equalled"));
    m_fullRate->setAccessibleName(tr("Learning rate of full fine-tuning"));
    m_form->addField(tr("&Other settings"), m_settings, QStringLiteral("settings"),
                     tr("Of all experiments, as in an experiment file: data.max_length=64"));
}

/// From top to bottom, whatever was made first.
void ReproductionForm::orderTabs()
{
    QWidget* last = nullptr;
    for (const Claim& claim : m_claims) {
        if (last)
            setTabOrder(last, claim.isWanted);
        last = claim.eval->tabAfter(claim.train->tabAfter(claim.isWanted));
    }
    last = m_model->tabAfter(last);
    for (QLineEdit* line : {m_seeds, m_rank, m_epochs, m_rate, m_fullRate, m_settings}) {
        setTabOrder(last, line);
        last = line;
    }
}

void ReproductionForm::setUsualFullRate(double rate)
{
    m_fullRate->setPlaceholderText(QString::number(rate));
}

void ReproductionForm::showWanted(const Claim& claim)
{
    for (const char* role : {"train", "eval"})
        m_form->setFieldVisible(fieldOf(role, claim.claim), claim.isWanted->isChecked());
}

ReproductionRequest ReproductionForm::request() const
{
    ReproductionRequest request;
    for (const Claim& claim : m_claims) {
        if (!claim.isWanted->isChecked())
            continue;
        const std::string& key = claim.claim.key;
        request.tasks.push_back(key);
        if (!claim.train->path().isEmpty())
            request.train[key] = claim.train->path().toStdString();
        if (!claim.eval->path().isEmpty())
            request.eval[key] = claim.eval->path().toStdString();
    }
    if (request.tasks.size() == m_claims.size())
        request.tasks.clear();
    request.model = m_model->path().toStdString();
    const std::vector<std::uint64_t> seeds = seedsIn(m_seeds);
    request.seeds = seeds.empty() ? m_usualSeeds : seeds;
    request.rank = rankIn(m_rank);
    request.epochs = numberIn(m_epochs);
    request.learningRate = numberIn(m_rate);
    request.fullLearningRate = numberIn(m_fullRate);
    request.settings = settingsIn(m_settings);
    return request;
}

ConfigIssues ReproductionForm::issues() const
{
    ConfigIssues issues;
    const auto problem = [&](const char* field, const QString& text) {
        issues.push_back({field, Severity::Error, text.toStdString()});
    };
    const auto isWanted = [](const Claim& claim) { return claim.isWanted->isChecked(); };
    if (hasDefaults() && std::ranges::none_of(m_claims, isWanted))
        problem(("claim." + m_claims.back().claim.key).c_str(), tr("choose at least one claim"));
    const std::vector<std::uint64_t> seeds = seedsIn(m_seeds);
    if (seeds.empty() && !isEmpty(m_seeds))
        problem("seeds", tr("expected whole numbers between commas, such as 1, 2, 3"));
    else if (std::set(seeds.begin(), seeds.end()).size() != seeds.size())
        problem("seeds", tr("expected each seed once"));
    else if (seeds.size() > kMostSeeds)
        problem("seeds", tr("found %1; allowed: up to %2").arg(seeds.size()).arg(kMostSeeds));
    if (!rankIn(m_rank) && !isEmpty(m_rank))
        problem("method.r", tr("expected a whole number above 0"));
    const std::pair<const char*, const QLineEdit*> numbers[] = {{"training.num_train_epochs", m_epochs},
                                                                {"training.learning_rate", m_rate},
                                                                {"full_learning_rates", m_fullRate}};
    for (const auto& [field, line] : numbers)
        if (!numberIn(line) && !isEmpty(line))
            problem(field, tr("expected a number above 0"));
    for (const std::string& setting : settingsIn(m_settings))
        if (setting.find('=') == std::string::npos)
            problem("settings", tr("found “%1”; expected key=value").arg(qstr(setting)));
    return issues;
}

void ReproductionForm::setIssues(const ConfigIssues& issues)
{
    m_form->setIssues(issues);
}

bool ReproductionForm::hasField(const std::string& field) const
{
    return m_form->hasField(field);
}

const ReproductionForm::Claim& ReproductionForm::claimOf(const QString& key) const
{
    return *std::ranges::find(m_claims, key.toStdString(),
                              [](const Claim& claim) { return claim.claim.key; });
}

QCheckBox& ReproductionForm::claim(const QString& key) const
{
    return *claimOf(key).isWanted;
}

FileField& ReproductionForm::train(const QString& key) const
{
    return *claimOf(key).train;
}

FileField& ReproductionForm::eval(const QString& key) const
{
    return *claimOf(key).eval;
}

} // namespace lora::ui
